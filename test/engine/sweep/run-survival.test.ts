import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { gate, managed, statuses } from './managed';
import { prepare, recipes } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

const pruned = 'net|prune.magnitude';
const crash = (job: string) => new AppError('worker.crashed', { job, detail: 'exit code 139' });

describe('a process that ends unexpectedly', () => {
  it('is started once more, which the log of its trial says', async () => {
    let times = 0;
    const { workspace, runs, executor } = managed(
      new ScriptedExecutor(1, (name) => {
        if (name === 'evaluate net|fp16' && times++ === 0) throw crash('evaluate');
      }),
    );
    const { id, finished } = runs.start(prepare(workspace));
    expect(await finished).toBe('done');
    expect(executor.begun.filter((name) => name === 'evaluate net|fp16')).toHaveLength(2);
    expect(workspace.runs.log(id, 'net/half').join('\n')).toContain(
      'evaluate 8 images: its process ended unexpectedly (exit code 139); it is tried once more',
    );
  });

  it('fails its trial the second time, keeps the log and never the night', async () => {
    const { workspace, runs, executor } = managed(
      new ScriptedExecutor(1, (name) => {
        if (name === 'compress net with prune.magnitude') throw crash('compress');
      }),
    );
    const { id, finished } = runs.start(prepare(workspace));
    expect(await finished).toBe('failed');
    expect(statuses(runs, id)).toEqual(['baseline done', 'pruned failed', 'both failed', 'half done']);
    expect(executor.begun.filter((name) => name.includes('prune'))).toHaveLength(2);
    for (const trial of ['net/pruned', 'net/both'])
      expect(workspace.runs.log(id, trial).at(-1)).toMatch(/compress prune\.magnitude.*: failed\. .*exit code 139/);
  });
});

describe('a full disk', () => {
  const full = (path: string) => new AppError('output.disk-full', { path });

  it('pauses the run, says so, and it goes on by itself when there is room', async () => {
    let isFull = true;
    const { workspace, runs, executor, progress } = managed();
    executor.before = (name) => {
      if (isFull && name.endsWith('with quantize.static')) throw full(workspace.folder);
    };
    const { id, finished } = runs.start(prepare(workspace));
    await expect.poll(() => progress.at(-1)?.waitsFor, { timeout: 30_000 }).toBe('room on the disk');
    expect(progress.at(-1)).toMatchObject({ status: 'paused' });
    expect(progress.at(-1)!.stage).toMatch(/^paused: the disk is full; it goes on by itself when 4\.19 MB are free$/);
    isFull = false;
    expect(await finished).toBe('done');
    expect(statuses(runs, id)).toEqual(['baseline done', 'pruned done', 'both done', 'half done']);
    const twice = executor.begun.filter((name, at) => executor.begun.indexOf(name) !== at);
    expect(twice).toEqual([`compress ${pruned} with quantize.static`]);
  });

  it('of the journal keeps a result until it can be written: nothing is computed twice', async () => {
    const { workspace, runs, executor, progress } = managed(new ScriptedExecutor(1));
    const record = workspace.steps.record.bind(workspace.steps);
    let failures = 0;
    workspace.steps.record = (...step) => {
      if (step[0].kind === 'compress' && failures++ < 2) throw new Error('database or disk is full');
      record(...step);
    };
    const { id, finished } = runs.start(prepare(workspace, { recipes: { half: recipes.half } }));
    for (let wait = 0; wait < 2; wait++) {
      await expect.poll(() => failures, { timeout: 30_000 }).toBe(wait + 1);
      await expect.poll(() => progress.at(-1)?.waitsFor, { timeout: 30_000 }).toBe('room on the disk');
      runs.control(id).continue();
    }
    expect(await finished).toBe('done');
    expect(executor.begun.filter((name) => name.startsWith('compress'))).toHaveLength(1);
  });

  it('can be waited for no longer: cancel ends the run', async () => {
    const { workspace, runs, executor, progress } = managed(new ScriptedExecutor(1));
    executor.before = () => {
      throw full(workspace.folder);
    };
    const { id, finished } = runs.start(prepare(workspace));
    await expect.poll(() => progress.at(-1)?.waitsFor, { timeout: 30_000 }).toBe('room on the disk');
    runs.control(id).cancel();
    expect(await finished).toBe('cancelled');
    expect(executor.begun).toHaveLength(1);
  });
});

describe('a damaged artifact', () => {
  /** Other bytes of the same length and time. */
  function damage(path: string): void {
    const { atime, mtime } = statSync(path);
    const bytes = readFileSync(path);
    bytes[0]! ^= 0xff;
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
  }

  /** A run whose pruned network is damaged before the steps that read it. */
  async function damagedRun() {
    const stop = gate(/^describe net\|prune\.magnitude$/);
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace, { recipes: { baseline: [], pruned: recipes.pruned } }));
    await stop.reached;
    damage(runs.view(id).trials[1]!.artifact!.path);
    return { workspace, runs, executor, id, finished, goOn: stop.open };
  }

  it('is found before the next step reads it, and made again', async () => {
    const { workspace, runs, executor, id, finished, goOn } = await damagedRun();
    goOn();
    expect(await finished).toBe('done');
    expect(executor.begun.filter((name) => name.startsWith('compress'))).toHaveLength(2);
    const trial = runs.view(id).trials[1]!;
    expect(readFileSync(trial.artifact!.path, 'utf8')).toMatch(/^net\|prune\.magnitude/);
    expect(trial.metrics).toMatchObject({ top1: 87.5 });
    expect(workspace.runs.log(id, 'net/pruned').join('\n')).toContain('its file is damaged or gone and is made again');
  });

  it('that several steps find at once is made again once', async () => {
    const { workspace, executor, finished, goOn } = await damagedRun();
    const compressed = () => executor.begun.filter((name) => name.startsWith('compress')).length;
    // The second step finds it damaged while the first still looks, and is told so when the file was made again long ago.
    const isWhole = workspace.artifacts.isWhole.bind(workspace.artifacts);
    let looks = 0;
    workspace.artifacts.isWhole = async (...file) => {
      const found = await isWhole(...file);
      if (!found) await new Promise((resolve) => setTimeout(resolve, looks++ === 0 ? 50 : 300));
      return found;
    };
    goOn();
    expect(await finished).toBe('done');
    expect(looks).toBe(2);
    expect(compressed()).toBe(2);
  });

  it('is found at the end of a run that had no more use for it, also in a second run', async () => {
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1));
    const first = runs.start(prepare(workspace));
    await first.finished;
    const { path } = runs.view(first.id).trials[2]!.artifact!;
    const good = readFileSync(path);
    damage(path);
    executor.begun.length = 0;
    expect(await runs.start(prepare(workspace)).finished).toBe('done');
    expect(executor.begun).toEqual([`compress ${pruned} with quantize.static`]);
    expect(readFileSync(path).equals(good)).toBe(true);
  });

  it('that comes out different takes with it all that was found out about the old one', async () => {
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1));
    const first = runs.start(prepare(workspace, { recipes: { both: recipes.both } }));
    await first.finished;
    // As if a network had been written by a processor that rounds otherwise.
    const key = runs.view(first.id).trials[0]!.steps[0]!.key;
    const other = workspace.artifacts.reserve('other');
    writeFileSync(other, 'net|prune.magnitude{"of":"another processor"}');
    const { sha256 } = await workspace.artifacts.adopt(other);
    workspace.steps.record({ ...workspace.steps.find(key)!, artifact: sha256 });
    damage(workspace.artifacts.path(sha256));
    executor.begun.length = 0;
    expect(await runs.start(prepare(workspace, { recipes: { both: recipes.both } })).finished).toBe('done');
    expect(executor.begun.toSorted()).toEqual(
      [
        'compress net with prune.magnitude',
        `compress ${pruned} with quantize.static`,
        ...['describe', 'evaluate', 'measure'].map((kind) => `${kind} ${pruned}|quantize.static`),
      ].toSorted(),
    );
  });

  it('that is damaged whenever it is written fails its trial in the end', async () => {
    const { workspace, runs } = managed(new ScriptedExecutor(1));
    const adopt = workspace.artifacts.adopt.bind(workspace.artifacts);
    workspace.artifacts.adopt = async (...file) => {
      const stored = await adopt(...file);
      damage(workspace.artifacts.path(stored.sha256));
      return stored;
    };
    const { id, finished } = runs.start(prepare(workspace, { recipes: { baseline: [], half: recipes.half } }));
    expect(await finished).toBe('failed');
    expect(runs.view(id).trials[1]).toMatchObject({ status: 'failed', error: { code: 'artifact.damaged' } });
    expect(runs.view(id).trials[0]!.status).toBe('done');
  });
});
