import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeBytes } from './free-space';

const chunkBytes = 1 << 20;
const everyMs = 3000;

/** For a journal, and for what is written beside artifacts. */
export const leastRoomBytes = 4 * 1024 * 1024;

/** Whether `bytes` can be written there now: tried, because quotas and reserves, on some systems even free space, are not told. Nothing is left behind. */
async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  const existing = await existingFolder(folder);
  const path = join(existing, `.room-${randomBytes(6).toString('hex')}.tmp`);
  try {
    if (((await freeBytes(existing)) ?? bytes) < bytes) return false;
    const file = await open(path, 'wx');
    try {
      const chunk = Buffer.alloc(chunkBytes);
      for (let left = bytes; left > 0; left -= chunkBytes) await file.write(chunk, 0, Math.min(left, chunkBytes));
      await file.sync();
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Resolves when `bytes` can be written to the disk of a folder. Throws an `AbortError` when the signal fires. */
export async function waitForRoom(folder: string, bytes: number, signal: AbortSignal): Promise<void> {
  do await sleep(everyMs, undefined, { signal });
  while (!(await hasRoom(folder, bytes)));
}

async function existingFolder(path: string): Promise<string> {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return (await stat(folder)).isDirectory() ? folder : dirname(folder);
}
