import { imageError, openImageFile } from './image-file';

/**
 * A small JPEG of an image file, as the networks get it: without turning it by its EXIF orientation.
 * @param path only for messages
 * @param side of the square it fits into, pixels
 * Throws `image.too-large` and `image.broken`.
 */
export async function thumbnail(bytes: Uint8Array, path: string, side: number): Promise<Uint8Array> {
  try {
    const { image } = await openImageFile(bytes, path);
    return await image
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 72 })
      .toBuffer();
  } catch (thrown) {
    throw imageError(path, thrown);
  }
}
