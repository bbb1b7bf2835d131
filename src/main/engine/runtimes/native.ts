import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, sep } from 'node:path';
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
  return { handle: load(library, path), path, version };
}

function load({ title, remedy }: NativeLibrary, path: string): Koffi.LibraryHandle {
  try {
    return koffi().load(path);
  } catch (thrown) {
    const detail = `${path} does not load: ${(thrown as Error).message.split('\n')[0]}`;
    throw new AppError('runtime.unavailable', { title, detail, remedy }, { cause: thrown });
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
  const version = versions.get(identity) ?? (load(library, respelt(path)).func(declaration)() as string);
  versions.set(identity, version);
  return { path, version };
}

/** The system's loader hands out what it has under a name, whatever lies there now; it looks at the file where the name is new: "lib/./x.so". */
const respelt = (path: string): string => [dirname(path), ...Array.from(versions, () => '.'), basename(path)].join(sep);
