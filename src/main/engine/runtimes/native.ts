import { createRequire } from 'node:module';
import { statSync } from 'node:fs';
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

/** What stands for a library as it is now: another file under the same path is another library. */
export function identityOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return [path, ino, size, mtimeMs].join(' ');
}

const versions = new Map<string, string>();

/**
 * What the library that is found now says of its version: one that was replaced, or is found elsewhere since, is asked anew, whatever this
 * process has loaded before. Throws `runtime.unavailable`.
 * @param declaration of a function that takes nothing and returns text
 */
export function askVersion(library: NativeLibrary, declaration: string): { path: string; version: string } {
  const { path } = locateLibrary(library);
  const identity = identityOf(path);
  const version = versions.get(identity) ?? (openLibrary(library).handle.func(declaration)() as string);
  versions.set(identity, version);
  return { path, version };
}
