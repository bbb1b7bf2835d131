import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '@shared/errors';
import type { ImageEntry } from './dataset';

const fileSizeLimitBytes = 512 * 1024 * 1024;

/** The file's bytes, if they still are the ones the entry was made from: crops are kept under the entry's hash. Throws `image.broken`. */
export async function readImage(entry: ImageEntry): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(entry.path);
    if (size > fileSizeLimitBytes)
      throw new AppError('image.broken', { path: entry.path, detail: `it has ${size} bytes` });
    bytes = await readFile(entry.path);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const detail = (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'the file is gone' : 'the file cannot be read';
    throw new AppError('image.broken', { path: entry.path, detail }, { cause: thrown });
  }
  if (hash('sha256', bytes) !== entry.hash) {
    throw new AppError('image.broken', { path: entry.path, detail: 'the file changed after the dataset was opened' });
  }
  return bytes;
}
