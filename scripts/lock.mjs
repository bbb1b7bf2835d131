import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const announceAfterMs = 3000;
/** Longer than anything done under a lock. A dead holder's number may by then belong to an unrelated process. */
const abandonedAfterMs = 20 * 60_000;

/**
 * Runs `task` while holding the lock file `path`, so that two commands started at once do not build or unpack into the
 * same folder. The file names its holder's process: a lock left behind by a dead process is taken over.
 */
export async function withLock(path, task) {
  await mkdir(dirname(path), { recursive: true });
  const startedAtMs = performance.now();
  let isAnnounced = false;
  while (!acquire(path)) {
    removeIfHolderDied(path);
    await sleep(100);
    if (!isAnnounced && performance.now() - startedAtMs > announceAfterMs) {
      isAnnounced = true;
      process.stderr.write(`Waiting for another command that holds ${path} ...\n`);
    }
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await task();
  } finally {
    release();
    process.off('exit', release);
  }
}

/** A link appears with its content in one step: nobody can read a lock that names no holder. */
function acquire(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function removeIfHolderDied(path) {
  if (isHolderAlive(path)) return;
  const taken = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, taken);
    // Between the look and the rename a living process may have replaced the lock: give it back.
    if (isHolderAlive(taken)) linkSync(taken, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

function isHolderAlive(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > abandonedAfterMs) return false;
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch (error) {
    // EPERM: it lives but belongs to another user. ENOENT: released meanwhile; nothing to remove.
    return error.code !== 'ESRCH';
  }
}
