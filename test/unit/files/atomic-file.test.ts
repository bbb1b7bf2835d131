import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { writeError, writeFileAtomic } from '../../../src/main/engine/files/atomic-file';

const folder = mkdtempSync(join(tmpdir(), 'whittle-atomic-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const failureOf = async (task: Promise<void>): Promise<AppError> => {
  const thrown: unknown = await task.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
};

/** A file system of 64 kB, where the system lets tests make one. */
function smallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const path = join(folder, 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}

const disk = smallDisk();
afterAll(() => {
  if (disk) execFileSync('umount', [disk], { stdio: 'ignore' });
});

describe('writing a file in one step', () => {
  test('text, bytes and parts', async () => {
    const path = join(folder, 'a.txt');
    await writeFileAtomic(path, 'grüße');
    expect(readFileSync(path, 'utf8')).toBe('grüße');
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    await writeFileAtomic(path, [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]);
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(folder)).not.toContainEqual(expect.stringContaining('.tmp'));
  });

  test('writers at once leave one whole file', async () => {
    const path = join(folder, 'raced');
    await Promise.all([1, 2, 3, 4].map((value) => writeFileAtomic(path, new Uint8Array(100_000).fill(value))));
    const bytes = readFileSync(path);
    expect(bytes).toHaveLength(100_000);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  });

  test('no folder, a file as folder, a folder as file: one sentence, nothing left behind', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(join(inside, 'taken', 'full'), { recursive: true });
    writeFileSync(join(inside, 'file'), '');
    for (const path of [
      join(inside, 'none', 'x'),
      join(inside, 'file', 'x'),
      join(inside, 'taken'),
      join(inside, 'x'.repeat(300)),
    ]) {
      const error = await failureOf(writeFileAtomic(path, 'x'));
      expect(error.code).toBe('output.unwritable');
      expect(error.message).toContain(path);
    }
    expect(readdirSync(inside)).toEqual(['file', 'taken']);
  });

  const mayWriteAnything = process.platform === 'win32' || process.getuid?.() === 0;
  test.skipIf(mayWriteAnything)('a read-only folder (skipped for root, who may write anywhere)', async () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    expect((await failureOf(writeFileAtomic(join(locked, 'x'), 'x'))).facts['detail']).toBe('permission denied');
  });

  test.skipIf(!disk)('a full disk: the old file stays whole (skipped where no small disk can be made)', async () => {
    const path = join(disk!, 'model.onnx');
    await writeFileAtomic(path, 'old');
    const error = await failureOf(writeFileAtomic(path, new Uint8Array(1_000_000)));
    expect(error.code).toBe('output.disk-full');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(disk!)).toEqual(['model.onnx']);
  });

  test.each([
    ['ENOSPC', 'output.disk-full', 'full'],
    ['EDQUOT', 'output.disk-full', 'full'],
    ['EROFS', 'output.unwritable', 'read-only'],
    ['EACCES', 'output.unwritable', 'permission denied'],
    ['ESTRANGE', 'output.unwritable', 'something strange'],
  ])('%s', (code, expected, words) => {
    const error = writeError('/out/x', Object.assign(new Error('something strange'), { code }));
    expect([error.code, error.message]).toEqual([expected, expect.stringContaining(words)]);
    expect(existsSync('/out/x')).toBe(false);
  });
});
