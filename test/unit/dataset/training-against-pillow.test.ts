import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { mirror, scaledPart } from '../../../src/main/engine/dataset/training/augmented-crop';
import {
  changeBrightness,
  changeContrast,
  changeHue,
  changeSaturation,
} from '../../../src/main/engine/dataset/training/colour-changes';

/**
 * The same pixels as Pillow 11.3 gives, by sha256 of all of them. Made with, for a picture `i` of these pixels in mode RGB:
 * `ImageEnhance.Brightness(i).enhance(f)`, `Contrast`, `Color`; hue as torchvision does it, `h, s, v = i.convert('HSV').split()`, h + int(256 levels),
 * `Image.merge('HSV', ...).convert('RGB')`; `i.crop(box).resize((20, 24), Image.BILINEAR)`, and `.transpose(Image.FLIP_LEFT_RIGHT)` of it. (Pillow 13
 * scales down first along the side that shrinks most, which rounds other values by one level.)
 */
const [width, height] = [64, 48];
const picture = (): Uint8Array => {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    pixels.set(
      [i * 37 + Math.floor(i / 64), i * 91 + Math.floor(i / 7), i * i * 3 + i].map((x) => x % 256),
      i * 3,
    );
  return pixels;
};
const hashOf = (pixels: Uint8Array): string => createHash('sha256').update(pixels).digest('hex').slice(0, 16);

const changes = {
  brightness: changeBrightness,
  contrast: changeContrast,
  saturation: changeSaturation,
  hue: changeHue,
};

describe('as Pillow does it', () => {
  test.each([
    ['brightness', 0, '2d07a41ae9927700'],
    ['brightness', 0.6, '06a329fb3c58ef4f'],
    ['brightness', 1.37, '241219a8ae0e5237'],
    ['contrast', 0, 'e14cc37b7bf0a7f2'],
    ['contrast', 0.6, '590bb43e79536625'],
    ['contrast', 1.37, '1f5c9c741b105393'],
    ['saturation', 0, 'b19cb5faf02433b3'],
    ['saturation', 0.6, '9d1529d48ac8d1bf'],
    ['saturation', 1.37, '02742b67bc403d61'],
    ['hue', 0, '80fdb8cf9c655bf1'],
    ['hue', 0.1, 'a0eb40ad19fb0511'],
    ['hue', -0.27, '062aaf71e826e195'],
    ['hue', 0.5, 'fd2aa61772cce4dd'],
  ] as const)('%s %d', (name, factor, expected) => {
    const pixels = picture();
    changes[name](pixels, factor);
    expect(hashOf(pixels)).toBe(expected);
  });

  test.each([
    [[5, 3, 33, 47], 'df3e365d1dd1730b', '27a08890891baeab'],
    [[10, 20, 64, 29], '3b891ab207869cd8', 'c1cf43d679a99fb1'],
    [[0, 0, 64, 48], '17c1dfebcc644be1', 'b2486cd0d89d1186'],
  ] as const)('the part %j, scaled and mirrored', ([left, top, right, bottom], scaled, mirrored) => {
    const box = { left, top, width: right - left, height: bottom - top };
    const part = scaledPart({ width, height, pixels: picture() }, box, [24, 20]);
    expect(hashOf(part)).toBe(scaled);
    mirror(part, 20);
    expect(hashOf(part)).toBe(mirrored);
  });
});
