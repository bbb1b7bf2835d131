import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { AppError } from '@shared/errors';
import { locateLibrary, type NativeLibrary } from './locate-library';

let loaded: typeof Koffi | undefined;

/** Calls into native libraries. Loaded at the first use: every process that measures knows the registry, and few of them need this. */
export function koffi(): typeof Koffi {
  loaded ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return loaded;
}

/**
 * Loads a native library where it is found. Throws `runtime.unavailable` where it is not, or does not load.
 * @returns its path too, by which callers remember what they bound
 */
export function openLibrary(library: NativeLibrary): { handle: Koffi.LibraryHandle; path: string; version?: string } {
  const { path, version } = locateLibrary(library);
  try {
    return { handle: koffi().load(path), path, version };
  } catch (thrown) {
    throw new AppError(
      'runtime.unavailable',
      {
        title: library.title,
        detail: `${path} does not load: ${(thrown as Error).message.split('\n')[0]}`,
        remedy: library.remedy,
      },
      { cause: thrown },
    );
  }
}
