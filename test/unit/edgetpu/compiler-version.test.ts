import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compilerVersion } from '../../../src/main/engine/formats/edgetpu/compiler-version';

describe.skipIf(process.platform === 'win32')('compilerVersion', () => {
  let folder: string;
  let program: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgetpu-version-'));
    program = join(folder, 'edgetpu_compiler');
    writeFileSync(
      program,
      `#!/bin/sh\necho asked >> ${folder}/asked\necho "Edge TPU Compiler version 16.0"\necho more\n`,
    );
    chmodSync(program, 0o755);
  });
  afterEach(() => vi.useRealTimers());
  const asked = (): number =>
    existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length : 0;
  const versionOf = (line: string): Promise<string | undefined> => compilerVersion({ WHITTLE_EDGETPU_COMPILER: line });

  it('is asked once, until the program is another', async () => {
    for (let time = 0; time < 3; time++) expect(await versionOf(program)).toBe('Edge TPU Compiler version 16.0');
    expect(asked()).toBe(1);
    appendFileSync(program, '# another\n');
    await versionOf(program);
    expect(asked()).toBe(2);
  });

  it('is asked again after a while of what runs in a container', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const line = `${program} run --rm image edgetpu_compiler`;
    for (let time = 0; time < 3; time++) await versionOf(line);
    expect(asked()).toBe(1);
    vi.setSystemTime(Date.now() + 61_000);
    await versionOf(line);
    expect(asked()).toBe(2);
  });

  it('is none where there is no such program, and is looked for again', async () => {
    const absent = join(folder, 'later');
    expect(await versionOf(absent)).toBeUndefined();
    writeFileSync(absent, '#!/bin/sh\necho here\n');
    chmodSync(absent, 0o755);
    expect(await versionOf(absent)).toBe('here');
  });
});
