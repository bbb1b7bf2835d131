import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { writeError } from './atomic-file';
import { isAlive } from './is-alive';

/** In a work folder, what was at the destination before. */
export const setAside = 'previous';

/**
 * Where processes see each other is part of the name: those of other machines that share the folder cannot be seen from here, nor those of other
 * containers, which may have the same host name. Linux tells which start of a machine it is, and which of its sets of processes.
 */
const here = createHash('sha256')
  .update(
    [
      hostname(),
      told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      told(() => readlinkSync('/proc/self/ns/pid')),
    ].join(),
  )
  .digest('hex')
  .slice(0, 16);

function told(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * A new folder beside what is to be written, so that the finished file only needs a rename. Those that dead processes left there go first, as
 * far as they would be seen from here. Throws `output.unwritable`, `output.disk-full`.
 */
export async function makeWorkFolder(destination: string): Promise<string> {
  const folder = dirname(destination);
  try {
    for (const name of await readdir(folder)) {
      const [, place, pid] = /^\.whittle-(\w+)-(\d+)-\w{6}$/.exec(name) ?? [];
      // What stepped aside for a file that never came is the person's; what may not be removed stays.
      if (place === here && !isAlive(Number(pid)) && !existsSync(join(folder, name, setAside)))
        await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
    }
    // At once: who removes it when the process is asked to end knows of it before anything else happens.
    return mkdtempSync(join(folder, `.whittle-${here}-${process.pid}-`));
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
}
