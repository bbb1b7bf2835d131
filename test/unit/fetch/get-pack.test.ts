import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { create } from 'tar';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getPack } from '../../../src/main/engine/fetch/get-pack';
import type { RuntimePack } from '../../../src/main/engine/runtimes/runtime-packs';
import { temporaryFolder } from './temporary-folder';

afterEach(() => void vi.unstubAllEnvs());

/** A package client that does what a line of shell says, the first on the PATH. */
function client(folder: string, name: string, script: string): void {
  const programs = join(folder, 'bin');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, name), 0o755);
  vi.stubEnv('PATH', [programs, process.env.PATH].join(delimiter));
}

async function tarball(folder: string): Promise<{ path: string; integrity: string }> {
  const root = join(folder, 'package', 'cc_deps', 'here');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'libsample.so'), 'library');
  writeFileSync(join(root, 'libsample.if.lib'), 'for linkers');
  writeFileSync(join(folder, 'package', 'package.json'), '{}');
  const path = join(folder, 'sample-1.0.0.tgz');
  await create({ gzip: true, file: path, cwd: folder }, ['package']);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  return { path, integrity };
}

const facts = { name: 'sample', title: 'Sample', version: '1.0.0', licence: 'MIT', bytes: 1 } as const;
const npmPack = (integrity: string, folder: string | undefined = 'cc_deps/here'): RuntimePack => ({
  ...facts,
  ...{ client: 'npm', package: 'sample', packageVersion: '1.0.0', integrity, folder, keep: ['package.json'] },
});
const wheel = { platform: 'here', python: '3.11', sha256: 'ab'.repeat(32) };
const pipPack: RuntimePack = { ...facts, client: 'pip', distribution: 'sample', wheel };

describe.skipIf(process.platform === 'win32')('a runtime pack', () => {
  it('is the libraries of this platform from a tarball with the pinned hash, and replaces an older one', async () => {
    const folder = temporaryFolder();
    const { path, integrity } = await tarball(folder);
    client(folder, 'npm', `echo "$@" > "${folder}/words"; cp "${path}" .`);
    const packs = join(folder, 'packs');
    mkdirSync(join(packs, 'sample'), { recursive: true });
    writeFileSync(join(packs, 'sample', 'old.so'), '');
    expect(await getPack(npmPack(integrity), packs)).toBe(join(packs, 'sample'));
    expect(readdirSync(join(packs, 'sample')).sort()).toEqual(['libsample.so', 'package.json']);
    expect(readFileSync(join(folder, 'words'), 'utf8')).toContain('pack sample@1.0.0 --ignore-scripts');
    expect(readdirSync(packs)).toEqual(['sample']);
  });

  it('is not taken with another hash; nothing is left behind', async () => {
    const folder = temporaryFolder();
    const { path } = await tarball(folder);
    client(folder, 'npm', `cp "${path}" .`);
    const packs = join(folder, 'packs');
    await expect(getPack(npmPack('sha512-other'), packs)).rejects.toMatchObject({ code: 'download.damaged' });
    expect(readdirSync(packs)).toEqual([]);
  });

  it('comes through pip by hash, without scripts and dependencies', async () => {
    const folder = temporaryFolder();
    client(
      folder,
      'python3',
      `cat requirements.txt > "${folder}/requirements"; echo "$@" > "${folder}/words"
       while [ "$1" != --target ]; do shift; done; mkdir -p "$2/sample"; echo library > "$2/sample/libsample.so"`,
    );
    const made = await getPack(pipPack, join(folder, 'packs'));
    expect(existsSync(join(made, 'sample', 'libsample.so'))).toBe(true);
    expect(readFileSync(join(folder, 'requirements'), 'utf8')).toBe(`sample==1.0.0 --hash=sha256:${wheel.sha256}\n`);
    const words = readFileSync(join(folder, 'words'), 'utf8');
    for (const word of ['--no-deps', '--only-binary :all:', '--require-hashes']) expect(words).toContain(word);
  });

  it('that cannot be had here says why and what to do', async () => {
    const folder = temporaryFolder();
    const packs = join(folder, 'packs');
    client(folder, 'python3', 'echo "ERROR: No matching distribution found" >&2; exit 1');
    await expect(getPack(pipPack, packs)).rejects.toThrow(
      'sample==1.0.0 was not fetched: python3 is what fetches it, and ERROR: No matching distribution found. Install it with "pip install sample==1.0.0"',
    );
    await expect(getPack({ ...pipPack, wheel: undefined }, packs)).rejects.toMatchObject({ code: 'pack.none' });
    vi.stubEnv('PATH', join(folder, 'nothing'));
    await expect(getPack(pipPack, packs)).rejects.toThrow('python3 is what fetches it, and it is not here.');
  });
});
