import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { waitForRoom } from '../../../src/main/engine/files/room-on-disk';

// A file system that does not tell how much is free.
vi.mock('../../../src/main/engine/files/free-space', () => ({ freeBytes: () => Promise.resolve(undefined) }));

it('room is found by writing where the system does not tell how much is free', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-room-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await waitForRoom(join(folder, 'not', 'there', 'yet'), 2 ** 20 + 1, new AbortController().signal);
  expect(readdirSync(folder)).toEqual([]);
});
