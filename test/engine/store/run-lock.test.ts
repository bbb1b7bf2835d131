import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { RunLock } from '../../../src/main/engine/store/run-lock';
import { temporaryFolder } from './temporary-folder';

const project = resolve(import.meta.dirname, '../../..');
let scriptFolder: string;
const children: ChildProcess[] = [];

// Inside the project, so that the script finds its packages.
beforeAll(async () => {
  mkdirSync(join(project, '.cache'), { recursive: true });
  scriptFolder = mkdtempSync(join(project, '.cache', 'lock-'));
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@shared': join(project, 'src/shared') } },
    build: {
      ssr: join(import.meta.dirname, 'lock-holder.ts'),
      outDir: scriptFolder,
      rolldownOptions: { output: { entryFileNames: 'holder.mjs' } },
    },
  });
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scriptFolder, { recursive: true, force: true });
});

/** Starts a process that tries to take the lock; answers with what it says first. */
async function holder(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(scriptFolder, 'holder.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, said };
}

const busy = (folder: string, pid: number | undefined): string =>
  `Another run is using ${folder} (process ${pid}). Wait for it to finish, or give this run its own folder with --out.`;

describe('RunLock', () => {
  it('refuses a second process, until the first is killed', async () => {
    const folder = temporaryFolder();
    const first = await holder(folder);
    expect(first.said).toBe('locked');
    expect((await holder(folder)).said).toBe(busy(folder, first.child.pid));
    expect(() => RunLock.acquire(folder)).toThrow(busy(folder, first.child.pid));
    expect(RunLock.tryAcquire(folder)).toBeUndefined();

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect((await holder(folder)).said).toBe('locked');
  });

  it('is free again after release, in other processes too', async () => {
    const folder = temporaryFolder();
    const lock = RunLock.acquire(folder);
    expect((await holder(folder)).said).toBe(busy(folder, process.pid));
    lock.release();
    expect(existsSync(join(folder, 'run.owner'))).toBe(false);
    const again = RunLock.tryAcquire(folder);
    expect(again).toBeDefined();
    again!.release();
    expect((await holder(folder)).said).toBe('locked');
  });

  it('holds within one process and for one folder only', () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()];
    const lock = RunLock.acquire(folder);
    expect(() => RunLock.acquire(folder)).toThrow(busy(folder, process.pid));
    RunLock.acquire(other).release();
    lock.release();
    RunLock.acquire(folder).release();
  });

  it('does not take a damaged file or a missing folder for another run', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'run.lock'), 'no database '.repeat(200));
    expect(() => RunLock.acquire(folder)).toThrow(expect.objectContaining({ code: 'store.damaged' }));
    expect(() => RunLock.tryAcquire(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'output.unwritable' }),
    );
  });
});
