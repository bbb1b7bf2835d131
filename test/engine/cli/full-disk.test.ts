import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, mountDisk } from '../store/small-disk';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, smallClassifier, writeModel, writeSweep } from './laboratory';
import { filesBelow, interrupt, sentences, start, whittle } from './whittle';

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
    it('pauses a run, which says so once and goes on by itself when there is room', async () => {
      const folder = bench();
      mountDisk(folder, '1m');
      const { child, ended } = start(folder, ['run', 'sweep.yaml', '--out', 'disk/out', '--json']);
      let said = '';
      child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
      const isFull = /^Paused: the disk is full; it goes on by itself when .+ MB are free\. Ctrl-C stops it\.$/gm;
      await expect.poll(() => said.match(isFull), { timeout: 60_000 }).toHaveLength(1);

      execFileSync('mount', ['-o', 'remount,size=64m', join(folder, 'disk')]);
      const { code, stdout } = await ended;
      expect(code).toBe(0);
      expect(said.match(isFull)).toHaveLength(1);
      const { trials } = JSON.parse(stdout) as { trials: { status: string; metrics: { sizeBytes: number } }[] };
      expect(trials.map((trial) => trial.status)).toEqual(['done', 'done']);
      expect(trials[1]!.metrics.sizeBytes).toBeGreaterThan(1_000_000);
    });

    it('leaves no part of a file behind a run that was stopped while it waited', async () => {
      const folder = bench();
      mountDisk(folder, '1m');
      const { child, ended } = start(folder, ['run', 'sweep.yaml', '--out', 'disk/out']);
      let said = '';
      child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
      await expect.poll(() => said, { timeout: 60_000 }).toContain('Paused: the disk is full');
      interrupt(child);
      const { code } = await ended;
      expect([2, 130]).toContain(code);
      expect(filesBelow(join(folder, 'disk')).filter((path) => /artifacts\/.|\.tmp$/.test(path))).toEqual([]);
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
