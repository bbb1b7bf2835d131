import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installedResources, resourcesFolder } from '../main/engine/starter';

/** The folder that holds `package.json` and `out` in a checkout. */
export function applicationFolder(): string {
  return dirname(resourcesFolder());
}

/**
 * How the window's program is started: the command and its first words. In an installed application that is the program this command
 * line came with; in a checkout an Electron that is on this machine already, with the checkout's folder. Undefined where there is none.
 */
export async function windowProgram(): Promise<string[] | undefined> {
  const resources = installedResources();
  if (resources !== undefined) return [installedExecutable(resources, process.platform)];
  const electron = await locateElectron();
  return electron === undefined ? undefined : [electron, applicationFolder()];
}

/** As electron-builder lays it out. */
function installedExecutable(resources: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(resources, '..', 'MacOS', 'Whittle');
  return join(resources, '..', platform === 'win32' ? 'Whittle.exe' : 'whittle');
}

interface RuntimeScript {
  installedElectron(): string | undefined;
}

/** An Electron that is on this machine already, without fetching one. */
async function locateElectron(): Promise<string | undefined> {
  if (process.env.WHITTLE_ELECTRON) return process.env.WHITTLE_ELECTRON;
  const script = join(applicationFolder(), 'scripts', 'electron-runtime.mjs');
  if (!existsSync(script)) return undefined;
  const { installedElectron } = (await import(/* @vite-ignore */ pathToFileURL(script).href)) as RuntimeScript;
  return installedElectron();
}
