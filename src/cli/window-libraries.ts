import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Shared libraries that a program is linked with and this machine lacks; none known on other systems than Linux. */
export async function missingLibraries(executable: string | undefined): Promise<string[]> {
  if (process.platform !== 'linux' || executable === undefined) return [];
  const said = await run('ldd', [executable]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return librariesNotFound(said);
}

/** "libgbm.so.1 => not found" of ldd's listing. */
export function librariesNotFound(listing: string): string[] {
  return [...listing.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]!);
}

/** Whether a page can only be printed on a screen that is not there. */
export async function needsVirtualScreen(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (process.platform !== 'linux' || environment.DISPLAY || environment.WAYLAND_DISPLAY) return false;
  return run('xvfb-run', ['--help']).then(
    () => false,
    (thrown: NodeJS.ErrnoException) => thrown.code === 'ENOENT',
  );
}
