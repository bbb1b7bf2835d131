import { hash } from 'node:crypto';
import { AppError } from '@shared/errors';
import type { ImageEntry } from './dataset';
import { readImageFile } from './image-file';

/** The file's bytes, if they still are the ones the entry was made from: crops are kept under the entry's hash. Throws `image.broken`. */
export async function readImage(entry: ImageEntry): Promise<Uint8Array> {
  const bytes = await readImageFile(entry.path);
  if (hash('sha256', bytes) !== entry.hash) {
    throw new AppError('image.broken', { path: entry.path, detail: 'the file changed after the dataset was opened' });
  }
  return bytes;
}
