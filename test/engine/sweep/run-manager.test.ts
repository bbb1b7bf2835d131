import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { RunLock } from '../../../src/main/engine/store/run-lock';
import type { Workspace } from '../../../src/main/engine/store/workspace';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { countSteps } from '../../../src/main/engine/sweep/run-manager';
import { temporaryFolder } from '../store/temporary-folder';
import { gate, managed, statuses } from './managed';
import { images, model, prune } from '../../unit/sweep/sweeps';
import { openTemporaryWorkspace, prepare, recipes } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

const pruned = 'net|prune.magnitude';

const incoming = (workspace: Workspace): string[] => readdirSync(join(workspace.artifacts.folder, 'incoming'));

describe('a run', () => {
  it('computes every step once, shared ones too, and shows what it measured', async () => {
    const { workspace, executor, runs, progress } = managed();
    const prepared = prepare(workspace);
    expect(countSteps(prepared.trials, workspace)).toEqual({ steps: 15, cachedSteps: 0 });
    const { id, finished } = runs.start(prepared);
    expect(runs.activeRun).toBe(id);
    expect(await finished).toBe('done');
    expect(runs.activeRun).toBeUndefined();

    expect(executor.begun).toHaveLength(15);
    expect(new Set(executor.begun).size).toBe(15);
    expect(executor.begun.filter((name) => name.startsWith('compress')).sort()).toEqual([
      'compress net with fp16',
      'compress net with prune.magnitude',
      `compress ${pruned} with quantize.static`,
    ]);

    const view = runs.view(id);
    expect(view).toMatchObject({
      status: 'done',
      trialsDone: 4,
      trialsFailed: 0,
      trialsTotal: 4,
      endedAt: expect.any(String) as string,
    });
    const both = view.trials.find((trial) => trial.recipe === 'both')!;
    expect(readFileSync(both.artifact!.path, 'utf8')).toMatch(/^net\|prune\.magnitude\{.+\}\|quantize\.static\{.+\}$/);
    expect(both.artifact!.sizeBytes).toBe(both.metrics.sizeBytes);
    expect(both.metrics).toMatchObject({
      n: 8,
      top1: 75,
      top1Delta: -25,
      agreement: 75,
      latency: [{ target: 'ort-cpu x1' }],
    });
    expect(both.notes).toEqual(['a note of compress', 'a note of describe', 'a note of evaluate', 'a note of measure']);
    expect(both.steps.every((step) => step.status === 'done' && !step.cached)).toBe(true);
    const baseline = view.trials[0]!;
    expect(baseline.metrics).toMatchObject({ top1: 100, n: 8 });
    expect(baseline.metrics.top1Delta).toBeUndefined();
    expect(baseline.artifact!.path).toBe(join(workspace.folder, 'net.onnx'));

    const done = progress.flatMap((state) => (state ? [state.done] : []));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(15);
    expect(progress.at(-1)).toBeNull();
    expect(incoming(workspace)).toEqual([]);
    expect(workspace.runs.log(id, 'net/pruned').some((line) => /compress prune\.magnitude.*: done in/.test(line))).toBe(
      true,
    );
  });

  it('measures latency while nothing else runs, and uses its slots otherwise', async () => {
    const { workspace, executor, runs } = managed(new ScriptedExecutor(3));
    expect(await runs.start(prepare(workspace, { names: ['net', 'other'] })).finished).toBe('done');
    for (const group of executor.together) {
      if (group.some((name) => name.startsWith('measure'))) expect(group).toHaveLength(1);
      expect(group.length).toBeLessThanOrEqual(3);
    }
    expect(Math.max(...executor.together.map((group) => group.length))).toBe(3);
  });

  it('shares its cores with whoever else asks: nothing runs beside a measurement, and layers are timed alone', async () => {
    const stop = gate(/^measure net$/);
    const { workspace, executor, runs } = managed(new ScriptedExecutor(2, stop.before));
    const { finished } = runs.start(prepare(workspace));
    await stop.reached;
    const contents = new LocalContents(workspace.folder);
    const file = await contents.addModel({
      path: join(workspace.folder, 'net.onnx'),
      sha256: createHash('sha256').update('net').digest('hex'),
    });
    const calibration = await contents.addImages(images('calibration', 2));
    const asked = { reference: file, card: model('net').card, calibration, threads: 1, seed: 1 };
    const stages: string[] = [];
    const events = {
      progress: (stage: string) => void stages.push(stage),
      note: () => undefined,
      log: () => undefined,
    };
    const never = new AbortController().signal;
    const method = { kind: 'int8', params: {} } as const;
    const answers = [
      executor.run({ kind: 'sensitivity', model: file, method, ...asked }, events, never),
      executor.run({ kind: 'layers', original: file, candidate: file, ...asked }, events, never),
    ];
    await expect.poll(() => stages).toEqual(Array(2).fill('waiting for a free core'));
    expect(executor.together.at(-1)).toEqual(['measure net']);
    stop.open();
    await Promise.all(answers);
    expect(await finished).toBe('done');
    const alone = executor.together.filter((group) => group.some((name) => /^(measure|layers)/.test(name)));
    expect(alone).toHaveLength(5);
    for (const group of alone) expect(group).toHaveLength(1);
  });

  it('finds every step again in a second run', async () => {
    const { workspace, executor, runs } = managed();
    await runs.start(prepare(workspace)).finished;
    executor.begun.length = 0;
    expect(countSteps(prepare(workspace).trials, workspace)).toEqual({ steps: 15, cachedSteps: 15 });
    const { id, finished } = runs.start(prepare(workspace, { name: 'another name' }));
    expect(await finished).toBe('done');
    expect(executor.begun).toEqual([]);
    expect(
      runs
        .view(id)
        .trials.flatMap((trial) => trial.steps)
        .every((step) => step.cached),
    ).toBe(true);
    expect(runs.list().map((run) => run.status)).toEqual(['done', 'done']);
    expect(runs.list()[0]!.id).toBe(id);
  });

  it('computes only what a changed sweep adds', async () => {
    const { workspace, executor, runs } = managed(new ScriptedExecutor(1));
    await runs.start(prepare(workspace)).finished;
    executor.begun.length = 0;
    const more = prepare(workspace, {
      recipes: { baseline: [], pruned: [{ 'prune.magnitude': { amount: 0.5 } }, 'fp16'] },
    });
    expect(await runs.start(more).finished).toBe('done');
    expect(executor.begun).toEqual([
      `compress ${pruned} with fp16`,
      `describe ${pruned}|fp16`,
      `evaluate ${pruned}|fp16`,
      `measure ${pruned}|fp16`,
    ]);
  });

  it('computes an artifact again that is gone from the disk and that somebody reads', async () => {
    const { workspace, executor, runs } = managed();
    const first = runs.start(prepare(workspace));
    await first.finished;
    const artifact = runs.view(first.id).trials.find((trial) => trial.recipe === 'pruned')!.artifact!;
    rmSync(artifact.path);
    executor.begun.length = 0;
    const same = runs.start(prepare(workspace));
    expect(await same.finished).toBe('done');
    expect(executor.begun).toEqual([]);
    const second = runs.start(prepare(workspace, { recipes: { ...recipes, more: [prune(0.5), 'fp16'] } }));
    expect(await second.finished).toBe('done');
    expect(executor.begun.slice(0, 2)).toEqual(['compress net with prune.magnitude', `compress ${pruned} with fp16`]);
    expect(existsSync(artifact.path)).toBe(true);
    expect(runs.view(second.id).trials.find((trial) => trial.recipe === 'pruned')!.artifact).toEqual(artifact);
  });
});

describe('a failure', () => {
  it('fails the trials that need the step and nothing else', async () => {
    const { workspace, runs, executor } = managed(
      new ScriptedExecutor(2, (name) => {
        if (name === 'compress net with prune.magnitude')
          throw new AppError('technique.failed', { id: 'prune.magnitude', detail: 'no' });
      }),
    );
    const { id, finished } = runs.start(prepare(workspace));
    expect(await finished).toBe('failed');
    expect(statuses(runs, id)).toEqual(['baseline done', 'pruned failed', 'both failed', 'half done']);
    const view = runs.view(id);
    expect(view).toMatchObject({ status: 'failed', trialsDone: 2, trialsFailed: 2 });
    for (const trial of [view.trials[1]!, view.trials[2]!]) {
      expect(trial.error).toMatchObject({ code: 'technique.failed' });
      expect(trial.artifact).toBeUndefined();
    }
    expect(executor.begun.filter((name) => name.includes('prune'))).toHaveLength(1);
    expect(incoming(workspace)).toEqual([]);
  });

  it('of one measurement keeps the others of the trial', async () => {
    const { workspace, runs } = managed(
      new ScriptedExecutor(1, (name) => {
        if (name === 'evaluate net|fp16')
          throw new AppError('worker.crashed', { job: 'evaluate', detail: 'exit code 1' });
      }),
    );
    const { id, finished } = runs.start(prepare(workspace));
    expect(await finished).toBe('failed');
    const half = runs.view(id).trials.find((trial) => trial.recipe === 'half')!;
    expect(half).toMatchObject({ status: 'failed', error: { code: 'worker.crashed' } });
    expect(half.metrics.sizeBytes).toBeGreaterThan(0);
    expect(half.metrics.latency).toHaveLength(1);
    expect(half.metrics.top1).toBeUndefined();
  });

  it('is tried again on resume, and nothing else', async () => {
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1));
    executor.before = (name) => {
      if (name.endsWith('with fp16')) throw new Error('segmentation fault\n    at native code');
    };
    const { id, finished } = runs.start(prepare(workspace));
    expect(await finished).toBe('failed');
    expect(runs.view(id).trials.at(-1)!.error).toEqual({ code: 'internal', facts: { detail: 'segmentation fault' } });
    executor.begun.length = 0;
    executor.before = () => undefined;
    const resumed = runs.resume(id, prepare(workspace));
    expect(resumed.id).toBe(id);
    expect(await resumed.finished).toBe('done');
    // Describe and evaluate are independent of each other: either may begin first.
    expect(executor.begun[0]).toBe('compress net with fp16');
    expect(executor.begun.toSorted()).toEqual([
      'compress net with fp16',
      'describe net|fp16',
      'evaluate net|fp16',
      'measure net|fp16',
    ]);
    expect(runs.view(id)).toMatchObject({ status: 'done', trialsDone: 4 });
    expect(runs.view(id).trials.at(-1)!.error).toBeUndefined();
    expect(runs.list()).toHaveLength(1);
  });

  it('to write at all stops the whole run, and what is finished is kept', async () => {
    const { workspace, runs, executor, progress } = managed(
      new ScriptedExecutor(1, (name) => {
        if (name.endsWith('with quantize.static'))
          throw new AppError('output.unwritable', { path: '/disk', detail: 'x' });
      }),
    );
    const { id, finished } = runs.start(
      prepare(workspace, { recipes: { pruned: recipes.pruned, baseline: [], both: recipes.both, half: ['fp16'] } }),
    );
    await expect(finished).rejects.toMatchObject({ code: 'output.unwritable' });
    const begun = [...executor.begun];
    expect(begun.at(-1)).toBe(`compress ${pruned} with quantize.static`);
    expect(statuses(runs, id)).toEqual(['pruned interrupted', 'baseline done', 'both failed', 'half waiting']);
    expect(runs.view(id).status).toBe('failed');
    expect(progress.at(-1)).toBeNull();

    executor.before = () => undefined;
    executor.begun.length = 0;
    expect(
      await runs.resume(
        id,
        prepare(workspace, { recipes: { pruned: recipes.pruned, baseline: [], both: recipes.both, half: ['fp16'] } }),
      ).finished,
    ).toBe('done');
    expect(executor.begun.filter((name) => begun.slice(0, -1).includes(name))).toEqual([]);
  });

  it('leaves no trial running when the run stops half-way through it', async () => {
    const { workspace, runs } = managed(
      new ScriptedExecutor(1, (name) => {
        if (name === `evaluate ${pruned}|quantize.static`)
          throw new AppError('output.unwritable', { path: '/disk', detail: 'x' });
      }),
    );
    const { id, finished } = runs.start(prepare(workspace));
    await expect(finished).rejects.toMatchObject({ code: 'output.unwritable' });
    expect(statuses(runs, id)).toEqual(['baseline done', 'pruned interrupted', 'both failed', 'half waiting']);
  });
});

describe('control', () => {
  it('cancel stops what runs, starts nothing more and keeps what is finished', async () => {
    const stop = gate(/^evaluate net$/);
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).cancel();
    stop.open();
    expect(await finished).toBe('cancelled');
    expect(executor.begun).toEqual(['describe net', 'evaluate net']);
    expect(statuses(runs, id)).toEqual(['baseline cancelled', 'pruned cancelled', 'both cancelled', 'half cancelled']);
    expect(incoming(workspace)).toEqual([]);

    executor.begun.length = 0;
    expect(await runs.resume(id, prepare(workspace)).finished).toBe('done');
    expect(executor.begun).not.toContain('describe net');
    expect(executor.begun).toContain('evaluate net');
  });

  it('pause lets the step under way finish and starts no other, until continue', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs, executor, progress } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).pause();
    expect(runs.view(id).status).toBe('paused');
    stop.open();
    await expect.poll(() => workspace.steps.has(runs.view(id).trials[0]!.steps[0]!.key)).toBe(true);
    await expect.poll(() => progress.at(-1)).toMatchObject({ status: 'paused', stage: 'paused', done: 1 });
    expect(executor.begun).toEqual(['describe net']);
    runs.control(id).continue();
    expect(await finished).toBe('done');
    expect(executor.begun).toHaveLength(15);
  });

  it('cancel works while paused', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).pause();
    stop.open();
    await expect.poll(() => workspace.steps.has(runs.view(id).trials[0]!.steps[0]!.key)).toBe(true);
    runs.control(id).cancel();
    expect(await finished).toBe('cancelled');
    expect(runs.view(id).status).toBe('cancelled');
  });

  it('is for the run under way only', async () => {
    const { workspace, runs } = managed();
    const { id, finished } = runs.start(prepare(workspace));
    await finished;
    expect(() => runs.control(id)).toThrow(expect.objectContaining({ code: 'run.not-found' }));
    expect(() => runs.view('no such run')).toThrow(expect.objectContaining({ code: 'run.not-found' }));
    expect(() => runs.resume('no such run', prepare(workspace))).toThrow(
      expect.objectContaining({ code: 'run.not-found' }),
    );
  });
});

describe('two at once', () => {
  it('are refused in one process, and the first goes on', async () => {
    const { workspace, runs } = managed();
    const { id, finished } = runs.start(prepare(workspace));
    expect(() => runs.start(prepare(workspace))).toThrow(`Another run is using ${workspace.folder} (run ${id}).`);
    expect(() => runs.resume(id, prepare(workspace))).toThrow(expect.objectContaining({ code: 'store.busy' }));
    expect(await finished).toBe('done');
    expect(runs.list()).toHaveLength(1);
    expect(await runs.start(prepare(workspace)).finished).toBe('done');
  });

  it('are refused while someone else holds the lock, and nothing is marked interrupted', () => {
    const { workspace, runs } = managed();
    const prepared = prepare(workspace);
    workspace.runs.create(
      {
        id: 'r1',
        name: 'r1',
        status: 'running',
        sweep: prepared.sweep,
        manifest: prepared.manifest,
        startedAt: '2026-01-01T00:00:00Z',
      },
      [],
    );
    const lock = RunLock.acquire(workspace.folder);
    expect(() => runs.start(prepared)).toThrow(expect.objectContaining({ code: 'store.busy' }));
    expect(runs.recover()).toEqual([]);
    expect(runs.record('r1').status).toBe('running');
    lock.release();
    expect(runs.recover()).toEqual([{ id: 'r1', wasPaused: false }]);
    expect(runs.record('r1').status).toBe('interrupted');
  });
});

describe('the lock', () => {
  const failing = () =>
    Promise.reject(new AppError('output.unwritable', { path: '/disk', detail: 'permission denied' }));

  it('is released, and the run has failed, when the folder for incoming files cannot be swept', async () => {
    const { workspace, runs, executor, progress } = managed();
    const sweepIncoming = workspace.artifacts.sweepIncoming.bind(workspace.artifacts);
    workspace.artifacts.sweepIncoming = failing;
    const { id, finished } = runs.start(prepare(workspace));
    await expect(finished).rejects.toMatchObject({ code: 'output.unwritable' });
    expect(executor.begun).toEqual([]);
    expect(runs.record(id).status).toBe('failed');
    expect(runs.activeRun).toBeUndefined();
    expect(progress.at(-1)).toBeNull();
    workspace.artifacts.sweepIncoming = sweepIncoming;
    expect(await runs.resume(id, prepare(workspace)).finished).toBe('done');
  });

  it('is released when only the last sweep fails, and the run is done', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs } = managed(new ScriptedExecutor(1, stop.before));
    const { finished } = runs.start(prepare(workspace));
    await stop.reached;
    workspace.artifacts.sweepIncoming = failing;
    stop.open();
    expect(await finished).toBe('done');
    RunLock.acquire(workspace.folder).release();
  });
});

it('the time a run has taken goes on where it was when it is resumed', async () => {
  const { workspace, runs, progress, executor } = managed(new ScriptedExecutor(1));
  executor.before = (name) => {
    if (name.startsWith('measure')) throw new AppError('worker.crashed', { job: 'measure', detail: 'exit code 1' });
  };
  const { id, finished } = runs.start(prepare(workspace));
  expect(await finished).toBe('failed');
  const hourMs = 3_600_000;
  expect(runs.record(id).elapsedMs).toBeGreaterThan(0);
  workspace.runs.setElapsed(id, hourMs);
  executor.before = () => undefined;
  progress.length = 0;
  await runs.resume(id, prepare(workspace)).finished;
  expect(progress[0]!.elapsedMs).toBeGreaterThanOrEqual(hourMs);
  expect(runs.record(id).elapsedMs).toBeGreaterThan(hourMs);
});

it('a run that a dead process left is taken up where it was', async () => {
  const folder = temporaryFolder();
  const stop = gate(/^evaluate net\|fp16/);
  const dead = managed(new ScriptedExecutor(1, stop.before), openTemporaryWorkspace(folder));
  const { id, finished } = dead.runs.start(prepare(dead.workspace));
  await stop.reached;
  writeFileSync(dead.workspace.artifacts.reserve('half-written'), 'x');
  // The journal as another process finds it after a kill: the first one never gets to write again.
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.includes('run.lock') });
  const alive = managed(new ScriptedExecutor(1), openTemporaryWorkspace(copy));
  expect(alive.runs.recover()).toEqual([{ id, wasPaused: false }]);
  expect(statuses(alive.runs, id)).toEqual(['baseline done', 'pruned done', 'both done', 'half interrupted']);
  expect(await alive.runs.resume(id, prepare(alive.workspace)).finished).toBe('done');
  expect(alive.executor.begun).toEqual(['evaluate net|fp16', 'measure net|fp16']);
  expect(incoming(alive.workspace)).toEqual([]);
  stop.open();
  await finished;
});
