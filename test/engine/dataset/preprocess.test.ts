import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { planCrop } from '../../../src/main/engine/dataset/crop-geometry';
import { decodeCrop } from '../../../src/main/engine/dataset/preprocess';
import { resampleCrop } from '../../../src/main/engine/dataset/resample';
import { jpeg, picturePixels } from './photographs';

const imagenet = resolve(process.env.WHITTLE_SHARED ?? '../shared', 'imagenet');
const originals = join(imagenet, 'originals');
const geometry = { resize: 64, crop: 56 };

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** The definition, in floating point: the average of source pixels weighted by a triangle as wide as the scale. */
function resampleByDefinition(source: Uint8Array, width: number, height: number): Uint8Array {
  const plan = planCrop(width, height, geometry)!;
  const weightsAt = (position: number, scale: number, size: number): number[] => {
    const support = Math.max(1, scale);
    const weights = Array.from({ length: size }, (_, at) =>
      Math.max(0, 1 - Math.abs((at + 0.5 - (position + 0.5) * scale) / support)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  };
  const result = new Uint8Array(plan.cropWidth * plan.cropHeight * 3);
  for (let y = 0; y < plan.cropHeight; y++) {
    const rows = weightsAt(plan.top + y, height / plan.height, height);
    for (let x = 0; x < plan.cropWidth; x++) {
      const columns = weightsAt(plan.left + x, width / plan.width, width);
      for (let channel = 0; channel < 3; channel++) {
        let value = 0;
        rows.forEach((row, sourceY) => {
          if (row === 0) return;
          columns.forEach(
            (column, sourceX) => (value += row * column * source[(sourceY * width + sourceX) * 3 + channel]!),
          );
        });
        result[(y * plan.cropWidth + x) * 3 + channel] = Math.round(value);
      }
    }
  }
  return result;
}

describe('resampling', () => {
  test.each([
    [40, 30],
    [90, 70],
    [64, 64],
    [65, 200],
    [300, 260],
  ])('%i x %i follows its definition to rounding', (width, height) => {
    const pixels = picturePixels(3, width, height);
    const plan = planCrop(width, height, geometry)!;
    const ours = resampleCrop(pixels, width, height, plan);
    const defined = resampleByDefinition(pixels, width, height);
    expect(Math.max(...ours.map((value, i) => Math.abs(value - defined[i]!)))).toBeLessThanOrEqual(1);
  });
});

describe('decoding', () => {
  const width = 100;
  const height = 80;
  const pixels = picturePixels(1, width, height);
  const picture = (): Sharp => sharp(pixels, { raw: { width, height, channels: 3 } });
  const expected = resampleCrop(pixels, width, height, planCrop(width, height, geometry)!);
  const decoded = async (image: Sharp): Promise<Uint8Array> => decodeCrop(await image.toBuffer(), 'image', geometry);

  test('drops alpha without weighing colours by it', async () => {
    const alpha = Buffer.from(Array.from({ length: width * height }, (_, i) => i % 256));
    const image = picture().joinChannel(alpha, { raw: { width, height, channels: 1 } });
    expect(meanDifference(await decoded(image.png()), expected)).toBe(0);
  });

  test('takes the high byte of 16-bit images', async () => {
    const wide = Uint16Array.from(pixels, (value) => value * 257);
    const image = sharp(wide, { raw: { width, height, channels: 3 } })
      .toColourspace('rgb16')
      .png();
    expect((await sharp(await image.toBuffer()).metadata()).depth).toBe('ushort');
    expect(meanDifference(await decoded(image), expected)).toBe(0);
  });

  test('repeats grey in three channels', async () => {
    const crop = await decoded(picture().greyscale().jpeg());
    for (let i = 0; i < crop.length; i += 3) expect([crop[i + 1], crop[i + 2]]).toEqual([crop[i], crop[i]]);
    expect(new Set(crop).size).toBeGreaterThan(20);
  });

  test('reads CMYK as each ink dimming its channel, without a profile', async () => {
    const image = Buffer.from(cmykJpeg, 'base64');
    expect((await sharp(image).metadata()).space).toBe('cmyk');
    const crop = await decodeCrop(image, 'image', { crop: 16 });
    const inks = [
      [0, 0, 0, 0],
      [200, 30, 60, 0],
      [10, 120, 250, 100],
      [0, 0, 0, 255],
    ];
    inks.forEach((ink, quadrant) => {
      const at = ((3 + 8 * Math.floor(quadrant / 2)) * 16 + 3 + 8 * (quadrant % 2)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const light = ((255 - ink[channel]!) * (255 - ink[3]!)) / 255;
        expect(Math.abs(crop[at + channel]! - light)).toBeLessThanOrEqual(2);
      }
    });
  });

  test('ignores EXIF orientation, as the loader of published accuracies does', async () => {
    const plain = await decoded(picture().jpeg({ quality: 100 }));
    const turned = await decoded(picture().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }));
    expect(meanDifference(plain, turned)).toBe(0);
  });

  test('ignores colour profiles', async () => {
    const image = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    expect((await sharp(image).metadata()).icc).toBeDefined();
    const raw = await sharp(image, { ignoreIcc: true }).raw().toBuffer();
    const ours = await decodeCrop(image, 'image', geometry);
    expect(meanDifference(ours, resampleCrop(raw, width, height, planCrop(width, height, geometry)!))).toBeLessThan(
      0.5,
    );
  });

  test('only crops images that are resized already', async () => {
    const crop = await decodeCrop(await picture().png().toBuffer(), 'image', { crop: 56 });
    const row = (y: number): number => ((12 + y) * width + 22) * 3;
    for (let y = 0; y < 56; y++) {
      expect(crop.subarray(y * 56 * 3, (y + 1) * 56 * 3)).toEqual(pixels.subarray(row(y), row(y) + 56 * 3));
    }
  });

  test.each(['jpeg', 'png', 'webp'] as const)('refuses a cut %s, wherever it is cut', async (format) => {
    const whole = await picture().toFormat(format).toBuffer();
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      await expect(decodeCrop(cut, 'image', geometry)).rejects.toMatchObject({ code: 'image.broken' });
    }
    await expect(decodeCrop(whole, 'image', geometry)).resolves.toHaveLength(56 * 56 * 3);
  });

  test('refuses damaged data', async () => {
    const image = await picture().png().toBuffer();
    image.fill(0, image.length / 3, image.length / 3 + 40);
    await expect(decodeCrop(image, 'image', geometry)).rejects.toMatchObject({ code: 'image.broken' });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not an image')],
    ['another format', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>')],
  ])('refuses %s', async (_name, bytes) => {
    await expect(decodeCrop(bytes, 'image', geometry)).rejects.toMatchObject({ code: 'image.broken' });
  });

  test('refuses a huge image by its header', async () => {
    const before = process.memoryUsage().rss;
    await expect(decodeCrop(hugePng(30_000, 30_000), 'huge.png', geometry)).rejects.toMatchObject({
      code: 'image.too-large',
      facts: { path: 'huge.png', width: 30_000, height: 30_000, limit: 100 },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  test('refuses an image smaller than the crop', async () => {
    await expect(decodeCrop(await jpeg(1, 50, 90), 'small', { crop: 56 })).rejects.toMatchObject({
      code: 'image.too-small',
    });
  });
});

/** A PNG of that size with almost no data: signature, IHDR (8 bits, RGB), one IDAT, IEND. */
function hugePng(width: number, height: number): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = crcTable[(crc ^ byte) & 255]! ^ (crc >>> 8);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = Buffer.from([0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

describe.skipIf(!existsSync(originals))(`the reference transform (skipped without ${originals})`, () => {
  test('is reproduced within half a grey level on every photograph', async () => {
    const differences: Record<string, number> = {};
    for (const file of readdirSync(originals)) {
      const bytes = readFileSync(join(originals, file));
      const reference = await sharp(join(imagenet, 'reference', file.replace(/\.\w+$/, '.png')), { ignoreIcc: true })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer();
      const crop = await decodeCrop(bytes, file, { resize: 256, crop: 224 });
      differences[file] = meanDifference(crop, reference);

      // Our own resampling is exact where sharp's is only close.
      const { data, info } = await sharp(bytes, { ignoreIcc: true })
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      const plan = planCrop(info.width, info.height, { resize: 256, crop: 224 })!;
      expect(meanDifference(resampleCrop(data, info.width, info.height, plan), reference), file).toBe(0);
    }
    const largest = Math.max(...Object.values(differences));
    console.log(
      `largest mean difference of ${Object.keys(differences).length} photographs: ${largest.toFixed(3)} grey levels`,
    );
    expect(Object.keys(differences).length).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.5);
  });
});

/** 16 x 16 pixels, four quadrants of one colour each. */
const cmykJpeg =
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB' +
  'AQEBAQEBAQEBAQEB/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EABkAAQEAAwEAAAAAAAAAAAAAAAoLAAcICf/EABQQAQAAAAAAAAAA' +
  'AAAAAAAAAAD/2gAOBEMATQBZAEsAAD8AfwfwfwfwjfuD3g+xXwEvSDw320DwF9BMnf/Z';
