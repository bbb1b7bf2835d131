import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep, win32 } from 'node:path';
import type { StringStringEntryProto } from 'onnx-buf';
import { AppError } from '@shared/errors';

/** Reads the weights a model keeps in files beside it. */
export interface ExternalData {
  /** @returns exactly `bytes` bytes in memory of their own (so aligned for every element type). */
  read(tensor: string, entries: readonly StringStringEntryProto[], bytes: number): Uint8Array;
}

/**
 * The real path of a data file, which may not lie outside the model's folder, also not through symbolic links.
 * Throws `model.external-data-outside` and `model.external-data-missing`.
 */
export function locateExternal(modelPath: string, tensor: string, location: string): string {
  const folder = realpathSync(dirname(resolve(modelPath)));
  const facts = { path: modelPath, tensor, location };
  if (location === '') throw new AppError('model.external-data-missing', { ...facts, detail: 'no location is given' });
  const path = resolve(folder, location);
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[a-z]:/i.test(location) || !isInside(folder, path)) {
    throw new AppError('model.external-data-outside', facts);
  }
  const realPath = attempt(
    () => realpathSync(path),
    (cause) => new AppError('model.external-data-missing', { ...facts, detail: 'there is no such file' }, { cause }),
  );
  if (!isInside(folder, realPath)) throw new AppError('model.external-data-outside', facts);
  return realPath;
}

/** For models that come as bytes and so have no folder. */
export function noExternalData(origin: string): ExternalData {
  return {
    read(tensor, entries) {
      const location = entryValue(entries, 'location') ?? '';
      throw new AppError('model.external-data-missing', {
        path: origin,
        tensor,
        location,
        detail: 'the model has no folder here',
      });
    },
  };
}

/**
 * External data confined to the folder of the model, also through symbolic links. All tensors together may take `limit`
 * bytes, because a small file could name one large file many times over.
 */
export function externalDataBeside(modelPath: string, limit: number): ExternalData {
  let total = 0;
  return {
    read(tensor, entries, bytes) {
      const location = entryValue(entries, 'location') ?? '';
      const facts = { path: modelPath, tensor, location };
      const missing = (detail: string, cause?: unknown): AppError =>
        new AppError('model.external-data-missing', { ...facts, detail }, { cause });

      const realPath = locateExternal(modelPath, tensor, location);
      const offset = integerEntry(entries, 'offset', missing) ?? 0;
      const length = integerEntry(entries, 'length', missing) ?? bytes;
      if (length !== bytes) {
        throw new AppError('model.invalid-tensor', {
          path: modelPath,
          tensor,
          detail: `its shape needs ${bytes} bytes, its external data has ${length}`,
        });
      }
      total += bytes;
      if (total > limit) throw new AppError('model.too-large', { path: modelPath, bytes: total, limit });
      return readRange(realPath, offset, bytes, missing);
    },
  };
}

function readRange(
  path: string,
  offset: number,
  bytes: number,
  missing: (detail: string, cause?: unknown) => AppError,
): Uint8Array {
  // Looked at before it is opened: opening a pipe would wait for its writer.
  const stat = attempt(
    () => statSync(path),
    (cause) => missing('it cannot be read', cause),
  );
  if (!stat.isFile()) throw missing('it is not a file');
  if (offset + bytes > stat.size) throw missing(`${offset + bytes} bytes are needed, it has ${stat.size}`);
  const file = attempt(
    () => openSync(path, 'r'),
    (cause) => missing('it may not be read', cause),
  );
  try {
    const data = new Uint8Array(bytes);
    for (let done = 0; done < bytes;) {
      const count = readSync(file, data, done, bytes - done, offset + done);
      if (count === 0) throw missing('it became shorter while it was read');
      done += count;
    }
    return data;
  } finally {
    closeSync(file);
  }
}

function integerEntry(
  entries: readonly StringStringEntryProto[],
  key: string,
  missing: (detail: string) => AppError,
): number | undefined {
  const text = entryValue(entries, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw missing(`its ${key} is "${text.slice(0, 40)}"`);
  return value;
}

function entryValue(entries: readonly StringStringEntryProto[], key: string): string | undefined {
  return entries.find((entry) => entry.key === key)?.value;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function attempt<T>(task: () => T, failure: (cause: unknown) => AppError): T {
  try {
    return task();
  } catch (cause) {
    throw failure(cause);
  }
}
