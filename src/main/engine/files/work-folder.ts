import { existsSync, mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { writeError } from './atomic-file';
import { isAlive } from './is-alive';

/** In a work folder, what was at the destination before. */
export const setAside = 'previous';

/** The machine is part of the name: processes of others that share the folder cannot be seen from here. */
const here = hostname()
  .replaceAll(/[^\w.]/g, '_')
  .slice(0, 60);

/**
 * A new folder beside what is to be written, so that the finished file only needs a rename. Those that dead processes of this machine left
 * there go first. Throws `output.unwritable`, `output.disk-full`.
 */
export async function makeWorkFolder(destination: string): Promise<string> {
  const folder = dirname(destination);
  try {
    for (const name of await readdir(folder)) {
      const [, machine, pid] = /^\.whittle-(.+)-(\d+)-\w{6}$/.exec(name) ?? [];
      // What stepped aside for a file that never came is the person's; what may not be removed stays.
      if (machine === here && !isAlive(Number(pid)) && !existsSync(join(folder, name, setAside)))
        await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
    }
    // At once: who removes it when the process is asked to end knows of it before anything else happens.
    return mkdtempSync(join(folder, `.whittle-${here}-${process.pid}-`));
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
}
