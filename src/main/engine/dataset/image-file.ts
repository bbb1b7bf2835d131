import { AppError } from '@shared/errors';
import { readFile, stat } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { isComplete } from './image-completeness';

const megapixelLimit = 100;
const fileSizeLimitBytes = 512 * 1024 * 1024;
const formats = ['jpeg', 'png', 'webp'];

// Every image is decoded once; libvips' cache of operations would only hold memory.
sharp.cache(false);

const decoding: SharpOptions = {
  limitInputPixels: megapixelLimit * 1e6,
  ignoreIcc: true,
  // A damaged image is an error, never a half grey one.
  failOn: 'warning',
};
export const openPixels = (bytes: Uint8Array): Sharp => sharp(bytes, decoding);

export interface OpenedImage {
  image: Sharp;
  header: Metadata;
}

/**
 * The header of an image, checked before anything is allocated: its format, that the file has its end, its size.
 * @param path only for messages. Throws `image.too-large`, and an Error for what is no such image: see `imageError`.
 */
export async function openImageFile(bytes: Uint8Array, path: string): Promise<OpenedImage> {
  const image = openPixels(bytes);
  // Beyond the limit the header is not shown either; then it is read for the message.
  const header = await image.metadata().catch(() => sharp(bytes, { limitInputPixels: false }).metadata());
  if (!formats.includes(header.format)) throw new Error(`it is ${header.format}, not JPEG, PNG or WebP`);
  if (!isComplete(bytes, header.format)) throw new Error('the file is cut short');
  const { width, height } = header;
  if (width * height > megapixelLimit * 1e6) {
    throw new AppError('image.too-large', { path, width, height, limit: megapixelLimit });
  }
  return { image, header };
}

/** What a decoder says as `image.broken`, in one line. */
export function imageError(path: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const detail = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
  return new AppError('image.broken', { path, detail }, { cause: thrown });
}

/** The bytes of an image file of bearable size. @throws `image.broken` */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > fileSizeLimitBytes) throw new AppError('image.broken', { path, detail: `it has ${size} bytes` });
    return await readFile(path);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const detail = (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'the file is gone' : 'the file cannot be read';
    throw new AppError('image.broken', { path, detail }, { cause: thrown });
  }
}
