/**
 * From the bytes of an image file to the pixels a network sees, as torchvision's evaluation transform by Pillow gives them.
 * Like Pillow's loader this ignores colour profiles and EXIF orientation: networks were trained and their published
 * accuracies measured that way, and an image turned upright here would be another image than there.
 */
import { AppError } from '@shared/errors';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { planCrop, type CropGeometry, type CropPlan } from './crop-geometry';
import { imageError, openImageFile, openPixels } from './image-file';
import { resampleCrop } from './resample';

const largePixels = 4e6;

/** Part of the key of cached crops: another decoder or another arithmetic gives other pixels. */
export const preprocessVersion = `1-${sharp.versions.vips}`;

/**
 * @param bytes of the file at `path` (the path is only for messages)
 * @returns RGB, `[height, width, 3]` of the crop
 * Throws `image.too-large` (from the header, before anything is allocated), `image.too-small` and `image.broken`.
 */
export async function decodeCrop(bytes: Uint8Array, path: string, geometry: CropGeometry): Promise<Uint8Array> {
  try {
    const { image, header } = await openImageFile(bytes, path);
    return await decode(image, bytes, header, planned(header, path, geometry));
  } catch (thrown) {
    throw imageError(path, thrown);
  }
}

/** RGB pixels of an image, `[height, width, 3]`. */
export interface DecodedImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/**
 * A whole image, scaled down where its short side is longer than `shortSide`: as much of it as crops of some size can show.
 * @param bytes of the file at `path` (the path is only for messages)
 * Throws `image.too-large` and `image.broken`.
 */
export async function decodeWhole(bytes: Uint8Array, path: string, shortSide: number): Promise<DecodedImage> {
  try {
    const { image, header } = await openImageFile(bytes, path);
    const factor = Math.min(1, shortSide / Math.min(header.width, header.height));
    const [width, height] = [header.width, header.height].map((side) => Math.max(1, Math.round(side * factor))) as [
      number,
      number,
    ];
    const plan = { width, height, left: 0, top: 0, cropWidth: width, cropHeight: height };
    return { width, height, pixels: await decode(image, bytes, header, plan) };
  } catch (thrown) {
    throw imageError(path, thrown);
  }
}

/**
 * The crop of pixels that came without a file, as `decodeCrop` gives it for a lossless file of them.
 * @param rgb `[height, width, 3]`
 * @param name only for messages
 * Throws `image.too-small`.
 */
export async function cropPixels(
  rgb: Uint8Array,
  { width, height }: { width: number; height: number },
  name: string,
  geometry: CropGeometry,
): Promise<Uint8Array> {
  const header = { width, height, space: 'srgb', hasAlpha: false, depth: 'uchar' } as const;
  const image = sharp(rgb, { raw: { width, height, channels: 3 } });
  return decode(image, rgb, header, planned(header, name, geometry));
}

type Header = Pick<Metadata, 'width' | 'height' | 'space' | 'hasAlpha' | 'depth'>;

function planned({ width, height }: Header, path: string, geometry: CropGeometry): CropPlan {
  const plan = planCrop(width, height, geometry);
  if (plan) return plan;
  const [resize, crop] = [geometry.resize, geometry.crop].map((size) => size && [size].flat().join(' x '));
  throw new AppError('image.too-small', { path, width, height, resize, crop });
}

async function decode(image: Sharp, bytes: Uint8Array, header: Header, plan: CropPlan): Promise<Uint8Array> {
  const { width, height } = header;
  const { left, top, cropWidth, cropHeight } = plan;
  if (header.space === 'cmyk') {
    return wholeImage(header, async () => resampleCrop(await decodeCmyk(bytes), width, height, plan));
  }
  const rgb = image.removeAlpha().toColourspace('srgb').raw();
  if (plan.width === width && plan.height === height) {
    return rgb.extract({ left, top, width: cropWidth, height: cropHeight }).toBuffer();
  }
  if (sharpIsClose(header, plan)) {
    return rgb
      .resize(plan.width, plan.height, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
      .extract({ left, top, width: cropWidth, height: cropHeight })
      .toBuffer();
  }
  return wholeImage(header, async () => resampleCrop(await rgb.toBuffer(), width, height, plan));
}

let largeImages: Promise<unknown> = Promise.resolve();

/** Large images are held whole one at a time: many are decoded ahead, and each may have 100 megapixels. */
function wholeImage(header: Header, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
  if (header.width * header.height < largePixels) return work();
  const result = largeImages.then(work);
  largeImages = result.catch(() => undefined);
  return result;
}

/**
 * sharp resizes in its own threads, while ours keeps a network busy, but follows Pillow only here: to 0.3 grey levels on
 * average. When it enlarges it is half a pixel off (5 to 14 grey levels), from a factor of 4 on it averages blocks first
 * (up to 2.4), and with alpha it weighs colours by it.
 */
function sharpIsClose(header: Header, plan: CropPlan): boolean {
  const factors = [header.width / plan.width, header.height / plan.height];
  return factors.every((factor) => factor >= 1 && factor < 3.9) && !header.hasAlpha && header.depth === 'uchar';
}

/** CMYK to RGB as Pillow does it, without a profile: each ink and black only dim the channel. */
async function decodeCmyk(bytes: Uint8Array): Promise<Uint8Array> {
  const inks = await openPixels(bytes).pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer();
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - inks[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = Math.round(((255 - inks[from + channel]!) * light) / 255);
    }
  }
  return rgb;
}
