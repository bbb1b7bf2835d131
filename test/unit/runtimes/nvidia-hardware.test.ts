import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isWithoutNvidia } from '../../../src/main/engine/runtimes/nvidia-hardware';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'whittle-pci-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function listing(...vendors: string[]): string {
  for (const [at, vendor] of vendors.entries()) {
    mkdirSync(join(folder, `0000:00:0${at}.0`));
    writeFileSync(join(folder, `0000:00:0${at}.0`, 'vendor'), `${vendor}\n`);
  }
  return folder;
}

it('is known where the system lists its devices and none is of NVIDIA', () => {
  expect(isWithoutNvidia(listing('0x1af4', '0x8086'), [])).toBe(true);
});

it.each([
  ['one of its devices is listed', ['0x8086', '0x10de']],
  ['nothing is listed', []],
])('is not where %s', (_where, vendors) => {
  expect(isWithoutNvidia(listing(...vendors), [])).toBe(false);
});

it('is not where the system lists nothing, or its driver is there', () => {
  expect(isWithoutNvidia(join(folder, 'nonesuch'), [])).toBe(false);
  expect(isWithoutNvidia(listing('0x8086'), [folder])).toBe(false);
});
