import { AppError } from '@shared/errors';
import sharp from 'sharp';
import type { ImageEntry } from './dataset';
import { decoding } from './preprocess';
import { readImage } from './read-image';

/** Longer side of a picture, pixels: twice what a list shows, for dense screens. */
const sidePixels = 160;
const jpegQuality = 72;

/**
 * A small JPEG of the whole image, as it lies in the file. Bytes that are not the entry's any more are refused, so that what is decoded
 * here was decoded before by the worker that evaluated it. Throws `image.broken`.
 */
export async function thumbnail(entry: ImageEntry): Promise<Uint8Array> {
  const bytes = await readImage(entry);
  try {
    return await sharp(bytes, decoding)
      .resize(sidePixels, sidePixels, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: jpegQuality })
      .toBuffer();
  } catch (cause) {
    throw new AppError('image.broken', { path: entry.path, detail: 'it has no picture to show' }, { cause });
  }
}
