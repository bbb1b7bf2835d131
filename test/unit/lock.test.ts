import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../scripts/lock.mjs';

let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'whittle-lock-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const impossibleProcess = 2 ** 22 + 1;

it('lets one task in at a time and leaves nothing behind', async () => {
  const path = join(dir, 'deeper', 'lock');
  let inside = 0;
  let mostInside = 0;
  const task = async (): Promise<void> => {
    mostInside = Math.max(mostInside, ++inside);
    await sleep(20);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, task)));
  expect(mostInside).toBe(1);
  expect(readdirSync(join(dir, 'deeper'))).toEqual([]);
});

it('returns what the task returns and opens when the task throws', async () => {
  const path = join(dir, 'lock');
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
  expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
});

it('takes over the lock of a dead process', async () => {
  const path = join(dir, 'lock');
  writeFileSync(path, String(impossibleProcess));
  expect(await withLock(path, () => Promise.resolve('in'))).toBe('in');
});

it('takes over a lock too old to be in use', async () => {
  const path = join(dir, 'lock');
  writeFileSync(path, String(process.pid));
  utimesSync(path, 0, 0);
  expect(await withLock(path, () => Promise.resolve('in'))).toBe('in');
});
