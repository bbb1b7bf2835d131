import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, writeImages } from './laboratory';
import { start, whittle } from './whittle';

const workFolders = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));
const compress = ['compress', 'small.onnx', '--recipe', 'quantize.static', '--data', 'images', '-o', 'out.onnx'];

describe.skipIf(process.platform === 'win32')('a command that is asked to end', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves no folder where %s comes before its first job',
    async (signal) => {
      const folder = await furnish(temporaryFolder());
      await writeImages(join(folder, 'images'), 60);
      const { child, ended } = start(folder, compress);
      await expect.poll(() => workFolders(folder), { timeout: 60_000, interval: 2 }).toHaveLength(1);
      child.kill(signal);
      expect((await ended).code).toBe(130);
      expect([workFolders(folder), readdirSync(folder).includes('out.onnx')]).toEqual([[], false]);
    },
  );

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'ends a session of Live at %s as Ctrl-C does: with its summary',
    async (signal) => {
      const folder = await furnish(temporaryFolder());
      const words = [resolve('out/main/cli.js'), 'live', 'small.onnx', '--source', '-', '--json'];
      const child = spawn(process.execPath, words, {
        cwd: folder,
        env: { ...process.env, WHITTLE_HOME: join(folder, 'home') },
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.stdin.on('error', () => undefined);
      // The stream stays open: nothing else ends it.
      child.stdin.write(readFileSync(join(folder, 'images', 'val', 'image-000.jpg')));
      child.stdin.write(readFileSync(join(folder, 'images', 'val', 'image-001.jpg')));
      await expect.poll(() => said, { timeout: 60_000 }).not.toBe('');
      child.kill(signal);
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).toBe(0);
      expect(said.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
    },
  );
});

it('what a killed command left beside its output goes with the next, what others need stays', async () => {
  const folder = await furnish(temporaryFolder());
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  const here = hostname()
    .replaceAll(/[^\w.]/g, '_')
    .slice(0, 60);
  const left = `.whittle-${here}-${dead}-AbC123`;
  const kept = [
    `.whittle-${here}-${process.pid}-AbC123`,
    `.whittle-elsewhere-${dead}-AbC123`,
    `.cache-${dead}-AbC123`,
    `.whittle-${here}-${dead}-setAsi`,
  ];
  for (const name of [left, ...kept]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, left, 'artifact'), 'half a network');
  mkdirSync(join(folder, kept[3]!, 'previous'));
  const { code, stderr } = await whittle(folder, 'compress', 'small.onnx', '--recipe', 'fp16', '-o', 'out.onnx');
  expect([code, workFolders(folder).sort()], stderr).toEqual([0, kept.sort()]);
});
