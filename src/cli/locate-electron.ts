import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resourcesFolder } from '../main/engine/starter';

/** The folder that holds `package.json` and `out`: the checkout, or the packaged application. */
export function applicationFolder(): string {
  return dirname(resourcesFolder());
}

interface RuntimeScript {
  installedElectron(): string | undefined;
}

/** An Electron that is on this machine already, without fetching one. */
export async function locateElectron(): Promise<string | undefined> {
  if (process.env.WHITTLE_ELECTRON) return process.env.WHITTLE_ELECTRON;
  const script = join(applicationFolder(), 'scripts', 'electron-runtime.mjs');
  if (!existsSync(script)) return undefined;
  const { installedElectron } = (await import(/* @vite-ignore */ pathToFileURL(script).href)) as RuntimeScript;
  return installedElectron();
}
