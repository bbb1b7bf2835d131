import { readFile, stat } from 'node:fs/promises';
import { AppError } from '@shared/errors';
import type { TfliteModel } from './model';
import { readTflite, tfliteBytesLimit } from './read-model';

/** Reads a .tflite file. Throws as `readTflite`, and `model.not-found`. */
export async function loadTflite(path: string): Promise<TfliteModel> {
  return (await loadTfliteFile(path)).model;
}

/** The same with the bytes, of which the constants are views. */
export async function loadTfliteFile(path: string): Promise<{ model: TfliteModel; bytes: Uint8Array }> {
  const foreign = (found: string, cause?: unknown): AppError =>
    new AppError('tflite.foreign', { path, found }, { cause });
  // Looked at before it is opened: opening a pipe would wait for its writer.
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError('model.not-found', { name: path }, { cause });
  });
  if (!found.isFile()) throw foreign(found.isDirectory() ? 'it is a folder' : 'it is no plain file');
  if (found.size > tfliteBytesLimit)
    throw new AppError('model.too-large', { path, bytes: found.size, limit: tfliteBytesLimit });
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw foreign('it cannot be read', cause);
  });
  return { model: readTflite(bytes, path), bytes };
}
