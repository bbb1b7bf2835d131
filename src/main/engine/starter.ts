import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SweepFile } from '@shared/sweep-file';
import { parseSweep } from './sweep/read-sweep';

/** The `resources` of the installed application that this code lies in, or undefined in a checkout. */
export function installedResources(): string | undefined {
  return /^(.*)[\\/]app\.asar\.unpacked[\\/]/.exec(fileURLToPath(import.meta.url))?.[1];
}

/** The folder `resources`: beside the code in a checkout, beside the archive in an installed application. */
export function resourcesFolder(): string {
  if (process.env.WHITTLE_RESOURCES) return process.env.WHITTLE_RESOURCES;
  const installed = installedResources();
  if (installed !== undefined) return installed;
  let folder = fileURLToPath(new URL('.', import.meta.url));
  while (!existsSync(join(folder, 'resources', 'starter'))) {
    const parent = resolve(folder, '..');
    if (parent === folder) return join(folder, 'resources');
    folder = parent;
  }
  return join(folder, 'resources');
}

/** The sample sweep on the embedded starter pack, with absolute paths. */
export function starterSweep(): SweepFile {
  const folder = join(resourcesFolder(), 'starter');
  const path = join(folder, 'sweep.yaml');
  const sweep = parseSweep(readFileSync(path, 'utf8'), path);
  return {
    ...sweep,
    models: sweep.models.map((model) => resolve(folder, model)),
    dataset: { ...sweep.dataset, path: resolve(folder, sweep.dataset.path) },
  };
}
