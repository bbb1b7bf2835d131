import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, smallClassifier, writeModel, writeSweep } from './laboratory';
import { filesBelow, sentences, whittle } from './whittle';

/** Whether this process may mount a file system of a given size: root on Linux, outside of most containers. */
function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'whittle-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const canMount = mayMount();

/** A disk of `size` mounted at `disk` below a folder, until the test ends. */
function mountDisk(folder: string, size: string): void {
  const disk = join(folder, 'disk');
  mkdirSync(disk, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', disk]));
}

let laboratory: string;
beforeAll(async () => {
  laboratory = await furnish(mkdtempSync(join(tmpdir(), 'whittle-laboratory-')));
  writeModel(laboratory, 'small', smallClassifier(1, 250));
  writeSweep(laboratory, { recipes: 'recipes: { baseline: [], pruned: [{ prune.magnitude: { amount: 0.1 } }] }' });
});
afterAll(() => rmSync(laboratory, { recursive: true, force: true }));

function bench(): string {
  const folder = temporaryFolder();
  cpSync(laboratory, folder, { recursive: true });
  return folder;
}

const isFull =
  /^The disk that holds .*disk.* is full\. Free some space and run the same command again: finished steps are kept\.$/;
const problems = (stderr: string): string[] => sentences(stderr).filter((line) => !line.startsWith('Only '));

describe.skipIf(!canMount)(
  `a full disk${canMount ? '' : ' (skipped: only root on Linux may mount a small one)'}`,
  () => {
    it('stops a run with one sentence, leaves no part of a file, and the same command goes on when there is room', async () => {
      const folder = bench();
      mountDisk(folder, '1m');
      const run = ['run', 'sweep.yaml', '--out', 'disk/out'];
      const full = await whittle(folder, ...run);
      expect(problems(full.stderr)).toEqual([expect.stringMatching(isFull)]);
      expect(full.code).toBe(2);
      expect(full.stdout).toBe('');
      expect(filesBelow(join(folder, 'disk')).filter((path) => /artifacts\/|\.tmp$|matrix|results/.test(path))).toEqual(
        [],
      );

      execFileSync('mount', ['-o', 'remount,size=64m', join(folder, 'disk')]);
      const again = await whittle(folder, ...run, '--resume', '--json');
      expect(again.code).toBe(0);
      const { trials } = JSON.parse(again.stdout) as { trials: { status: string; metrics: { sizeBytes: number } }[] };
      expect(trials.map((trial) => trial.status)).toEqual(['done', 'done']);
      expect(trials[1]!.metrics.sizeBytes).toBeGreaterThan(1_000_000);
    });

    it('is told also where not even the journal fits', async () => {
      const folder = bench();
      mountDisk(folder, '32k');
      const ended = await whittle(folder, 'run', 'sweep.yaml', '--out', 'disk/out');
      expect(problems(ended.stderr)).toEqual([expect.stringMatching(isFull)]);
      expect(ended.code).toBe(2);
    });

    it('leaves nothing of a compressed model that did not fit', async () => {
      const folder = bench();
      mountDisk(folder, '500k');
      const ended = await whittle(
        folder,
        'compress',
        'small.onnx',
        '--recipe',
        'prune.magnitude{amount:0.1}',
        '-o',
        'disk/x.onnx',
      );
      expect(problems(ended.stderr).at(-1)).toMatch(isFull);
      expect(problems(ended.stderr).at(-1)).toContain(join(folder, 'disk', 'x.onnx'));
      expect(ended.code).toBe(2);
      expect(filesBelow(join(folder, 'disk'))).toEqual([]);
    });
  },
);
