import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { AppError } from '@shared/errors';
import { homeFolder } from '../files/home-folder';
import { pythonPackageFolders } from './python-packages';

/** A library that comes with the person's machine and not with Whittle: what it is called and where it lies in what they may have. */
export interface NativeLibrary {
  /** Of its runtime, and of the folder of its pack: "litert". */
  id: string;
  title: string;
  /** Its file on this platform; where several match, the last by name is the newest. */
  file: RegExp;
  /** Folders that may hold it within a pack, within a folder that a person named, and within Python's packages. */
  places: readonly string[];
  /** Name of the Python distribution that brings it, whose folder of facts tells the version. */
  distribution?: string;
  /** Variable that its own installer sets, and the places in the folder it names. */
  installation?: { variable: string; places: readonly string[] };
  /** Where the system's packages put it. */
  systemFolders?: readonly string[];
  /** What to do where it is missing: one sentence, with the command where there is one. */
  remedy: string;
  /** That command by itself, to be copied. */
  command?: string;
}

export interface FoundLibrary {
  path: string;
  /** As its Python distribution says; absent where only the library itself can tell. */
  version?: string;
  origin: 'named folder' | 'runtime pack' | 'installation' | 'Python' | 'system';
}

/** Folders that a person named: of the variable, separated as in PATH. Settings add to it, and worker processes inherit it. */
export const runtimesVariable = 'WHITTLE_RUNTIMES';

/** Where runtime packs are put, a folder each. */
export const packFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(homeFolder(environment), 'runtimes');

/** Looks for a library: folders that were named, then packs, the library's own installer, Python's packages, the system. Nothing is started. */
export function findLibrary(
  library: NativeLibrary,
  environment: NodeJS.ProcessEnv = process.env,
): FoundLibrary | undefined {
  const { id, places, distribution, installation, systemFolders = [] } = library;
  const within = (folders: readonly string[]): string[] =>
    folders.flatMap((folder) => places.map((place) => join(folder, place)));
  const named = (environment[runtimesVariable] ?? '').split(delimiter).filter(Boolean);
  const installed = installation && environment[installation.variable];
  const searched: Record<FoundLibrary['origin'], () => readonly string[]> = {
    'named folder': () => within(named.flatMap((folder) => [resolve(folder), resolve(folder, id)])),
    'runtime pack': () => within([join(packFolder(environment), id)]),
    installation: () => (installed ? installation.places.map((place) => resolve(installed, place)) : []),
    Python: () => (distribution === undefined ? [] : within(pythonPackageFolders(environment))),
    system: () => systemFolders,
  };
  for (const [origin, folders] of Object.entries(searched)) {
    for (const folder of folders()) {
      const name = fileIn(folder, library.file);
      if (name === undefined) continue;
      const version = distribution === undefined ? undefined : versionBeside(folder, distribution);
      return {
        path: join(folder, name),
        ...(version !== undefined && { version }),
        origin: origin as FoundLibrary['origin'],
      };
    }
  }
  return undefined;
}

/** The library of a runtime. Throws `runtime.unavailable`, which says where it was looked for and how to get it. */
export function locateLibrary(library: NativeLibrary, environment: NodeJS.ProcessEnv = process.env): FoundLibrary {
  const found = findLibrary(library, environment);
  if (found) return found;
  const { title, distribution, installation, systemFolders, remedy } = library;
  const looked = [
    ...(environment[runtimesVariable] ? [environment[runtimesVariable]] : []),
    packFolder(environment),
    ...(installation ? [installation.variable] : []),
    ...(distribution === undefined ? [] : ['the packages of Python']),
    ...(systemFolders ? ['the system'] : []),
  ];
  throw new AppError('runtime.unavailable', { title, detail: `looked in ${looked.join(', ')}`, remedy });
}

/** By their numbers, so that .9 comes before .10. */
const byVersion = new Intl.Collator('en', { numeric: true });

function fileIn(folder: string, pattern: RegExp): string | undefined {
  return entriesOf(folder)
    .filter((name) => pattern.test(name))
    .sort(byVersion.compare)
    .at(-1);
}

/** Version of the distribution that a library belongs to: its `NAME-VERSION.dist-info` lies a few folders above. */
function versionBeside(folder: string, distribution: string): string | undefined {
  const pattern = new RegExp(`^${distribution}-(.+)\\.dist-info$`);
  let above = folder;
  for (let level = 0; level < 3; level++) {
    above = dirname(above);
    const versions = entriesOf(above).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    if (versions.length > 0) return versions.sort(byVersion.compare).at(-1);
  }
  return undefined;
}

function entriesOf(folder: string): string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}
