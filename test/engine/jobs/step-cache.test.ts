import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stepCache } from '../../../src/main/engine/jobs/step-cache';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whittle-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('computes once per scope and key, also in a later process', async () => {
  let computed = 0;
  const compute = (): Promise<{ answer: number }> => Promise.resolve({ answer: ++computed });
  expect(await stepCache(folder, 'images')(['a', 1], compute)).toEqual({ answer: 1 });
  expect(await stepCache(folder, 'images')(['a', 1], compute)).toEqual({ answer: 1 });
  expect(await stepCache(folder, 'images')(['a', 2], compute)).toEqual({ answer: 2 });
  expect(await stepCache(folder, 'others')(['a', 1], compute)).toEqual({ answer: 3 });
});

test('peeks at what is stored and computes nothing', async () => {
  const cached = stepCache(folder, 'images');
  expect(await cached.peek('key')).toBeUndefined();
  await cached('key', () => Promise.resolve({ answer: 1 }));
  expect(await cached.peek('key')).toEqual({ answer: 1 });
  expect(await stepCache(folder, 'others').peek('key')).toBeUndefined();
});

test('a damaged file is computed again, a failure is not kept', async () => {
  const cached = stepCache(folder, 'images');
  await expect(cached('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await cached('key', () => Promise.resolve([1]))).toEqual([1]);
  const [name] = readdirSync(join(folder, 'steps'));
  writeFileSync(join(folder, 'steps', name!), '[1');
  expect(await cached('key', () => Promise.resolve([2]))).toEqual([2]);
  expect(await cached('key', () => Promise.resolve([3]))).toEqual([2]);
});
