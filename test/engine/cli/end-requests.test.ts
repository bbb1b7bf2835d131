import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/temporary-folder';
import { makeWorkFolder } from '../../../src/main/engine/files/work-folder';
import { furnish, writeImages } from './laboratory';
import { filesBelow, start, whittle } from './whittle';

const workFolders = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));
const alone = ['--user', '--map-root-user', '--pid', '--fork'];
const canUnshare = spawnSync('unshare', [...alone, '--mount-proc', 'true']).status === 0;
/** For the title of a test, so that a skipped one says why. */
const needsNamespaces = canUnshare ? '' : ' (skipped: no process namespace can be made here)';
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

  it.each([
    ['SIGHUP', 'SIGHUP'],
    ['SIGTERM', 'SIGHUP'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('sums up its run where %s is followed by %s', async (first, second) => {
    const folder = await furnish(temporaryFolder());
    const { child, ended } = start(folder, ['run', 'sweep.yaml', '--out', 'out']);
    const hasBegun = (): boolean => filesBelow(folder).some((path) => path.startsWith('out/artifacts/'));
    await expect.poll(hasBegun, { timeout: 60_000, interval: 20 }).toBe(true);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.kill(first);
    await expect.poll(() => said, { timeout: 60_000, interval: 2 }).toContain('Stopping.');
    child.kill(second);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringMatching(/^Run .* trials done\. Results in /m)]);
    const results = JSON.parse(readFileSync(join(folder, 'out', 'results.json'), 'utf8')) as { status: string };
    expect(results.status).toBe('cancelled');
  });

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
  const own = basename(await makeWorkFolder(join(folder, 'out.onnx')));
  const of = (pid: number, name: string): string => own.replace(/-\d+-\w+$/, `-${pid}-${name}`);
  const left = of(dead, 'AbC123');
  const kept = [own, `.whittle-elsewhere-${dead}-AbC123`, `.cache-${dead}-AbC123`, of(dead, 'setAsi')];
  for (const name of [left, ...kept]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, left, 'artifact'), 'half a network');
  mkdirSync(join(folder, kept[3]!, 'previous'));
  const { code, stderr } = await whittle(folder, 'compress', 'small.onnx', '--recipe', 'fp16', '-o', 'out.onnx');
  expect([code, workFolders(folder).sort()], stderr).toEqual([0, kept.sort()]);
});

it.skipIf(process.platform !== 'linux' || !canUnshare)(
  `a command in a container with the same host name, which cannot see a live process, leaves its work folder${needsNamespaces}`,
  async () => {
    const folder = await furnish(temporaryFolder());
    const own = basename(await makeWorkFolder(join(folder, 'out.onnx')));
    const words = [process.execPath, resolve('out/main/cli.js'), 'compress', 'small.onnx', '--recipe', 'fp16'];
    const { status, stderr } = spawnSync('unshare', [...alone, '--mount-proc', ...words, '-o', 'out.onnx'], {
      cwd: folder,
      env: { ...process.env, WHITTLE_HOME: join(folder, 'home') },
      encoding: 'utf8',
    });
    expect([status, workFolders(folder)], stderr).toEqual([0, [own]]);
  },
);
