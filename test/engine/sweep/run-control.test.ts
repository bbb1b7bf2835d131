import { describe, expect, it } from 'vitest';
import type { SweepFile } from '@shared/sweep-file';
import { nextTimeOfDay } from '../../../src/main/engine/sweep/deadline';
import { RunQueue } from '../../../src/main/engine/sweep/run-queue';
import { Turn } from '../../../src/main/engine/sweep/turn';
import { RunLock } from '../../../src/main/engine/store/run-lock';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { gate, managed, statuses } from './managed';
import { prepare, recipes } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

const files = ({ begun }: ScriptedExecutor): string[] => begun.filter((name) => name.startsWith('compress'));

describe('skip', () => {
  it('leaves out what only skipped trials need, also what is under way, and the rest goes on', async () => {
    const stop = gate(/with quantize\.static$/);
    const { workspace, runs, executor, progress } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).skip(['net/half', 'net/both']);
    stop.open();
    expect(await finished).toBe('done');
    expect(statuses(runs, id)).toEqual(['baseline done', 'pruned done', 'both skipped', 'half skipped']);
    expect(runs.list()[0]).toMatchObject({ status: 'done', trialsDone: 2, trialsSkipped: 2 });
    expect(executor.begun).not.toContain('compress net with fp16');
    expect(executor.begun.filter((name) => /\w \S*\|quantize/.test(name))).toEqual([]);
    const { done, total } = progress.at(-2)!;
    expect(done).toBe(total);
  });

  it('is kept by a run that goes on by itself, and taken back by a person who continues it', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).skip(['net/half']);
    runs.control(id).cancel();
    stop.open();
    await finished;
    expect(statuses(runs, id)).toContain('half skipped');
    const asItWas = { id, wasPaused: false };
    expect(await runs.resume(id, prepare(workspace), { asItWas }).finished).toBe('done');
    expect(statuses(runs, id)).toContain('half skipped');
    executor.begun.length = 0;
    expect(await runs.resume(id, prepare(workspace)).finished).toBe('done');
    expect(statuses(runs, id)).toContain('half done');
    expect(files(executor)).toEqual(['compress net with fp16']);
  });
});

describe('prefer', () => {
  it('puts a trial before all others that have not begun', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs, executor } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    expect(runs.control(id).upcoming).toEqual(['net/baseline', 'net/both', 'net/pruned', 'net/half']);
    runs.control(id).prefer(['net/half']);
    expect(runs.control(id).upcoming).toEqual(['net/half', 'net/baseline', 'net/both', 'net/pruned']);
    stop.open();
    expect(await finished).toBe('done');
    expect(executor.begun.slice(0, 5)).toEqual([
      'describe net',
      'compress net with fp16',
      'describe net|fp16',
      'evaluate net|fp16',
      'measure net|fp16',
    ]);
    expect(new Set(executor.begun).size).toBe(executor.begun.length);
  });

  it('brings back a trial that was skipped', async () => {
    const stop = gate(/^describe net$/);
    const { workspace, runs } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    runs.control(id).skip(['net/half']);
    runs.control(id).prefer(['net/half']);
    stop.open();
    await finished;
    expect(statuses(runs, id)).toContain('half done');
  });
});

describe('until', () => {
  it.each([
    ['07:00', '2026-03-01T23:30:00', '2026-03-02T07:00:00'],
    ['7:00', '2026-03-02T06:59:59', '2026-03-02T07:00:00'],
    ['07:00', '2026-03-02T07:00:00', '2026-03-03T07:00:00'],
    ['00:00', '2026-12-31T12:00:00', '2027-01-01T00:00:00'],
  ])('%s after %s is %s', (time, from, expected) =>
    expect(new Date(nextTimeOfDay(time, new Date(from).getTime()))).toEqual(new Date(expected)),
  );

  it('ends the run with what is there, which a person may continue', async () => {
    const stop = gate(/^evaluate net$/);
    const { workspace, runs } = managed(new ScriptedExecutor(1, stop.before));
    const { id, finished } = runs.start(prepare(workspace));
    await stop.reached;
    workspace.runs.appendLog(id, 'net/baseline', 'x');
    runs.control(id).cancel();
    stop.open();
    await finished;
    const prepared = prepare(workspace);
    const until = { ...prepared, sweep: { ...prepared.sweep, until: '07:00' } };
    // The process died the day before: its time was up meanwhile.
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000).toISOString();
    workspace.runs.lastLogged = () => twoDaysAgo;
    const late = runs.resume(id, until, { asItWas: { id, wasPaused: false } });
    expect(await late.finished).toBe('stopped');
    expect(runs.view(id)).toMatchObject({ status: 'stopped', endedAt: expect.any(String) as string });
    expect(await runs.resume(id, until).finished).toBe('done');
  });
});

it('a run that was paused when its process died comes back paused', async () => {
  const { workspace, runs } = managed(new ScriptedExecutor(1));
  const prepared = prepare(workspace);
  const id = runs.enqueue(prepared);
  workspace.runs.setRunStatus(id, 'paused');
  const [interrupted] = runs.recover();
  expect(interrupted).toEqual({ id, wasPaused: true });
  const { finished } = runs.resume(id, prepared, { asItWas: interrupted });
  expect(runs.view(id).status).toBe('paused');
  runs.control(id).continue();
  expect(await finished).toBe('done');
});

it('a clock stands still while its run is paused, and so does the time after which it stops', async () => {
  const stop = gate(/^describe net$/);
  const { workspace, runs, progress } = managed(new ScriptedExecutor(1, stop.before));
  const { id, finished } = runs.start(prepare(workspace));
  const control = runs.control(id);
  await stop.reached;
  control.pause();
  stop.open();
  await expect.poll(() => progress.at(-1)).toMatchObject({ status: 'paused', stage: 'paused', done: 1 });
  const { elapsedMs } = control;
  control.stopAfter(elapsedMs + 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(control.elapsedMs).toBe(elapsedMs);
  expect(runs.record(id).status).toBe('paused');
  control.continue();
  expect(await finished).toBe('stopped');
  expect(runs.view(id).trialsDone).toBeLessThan(4);
  expect(await runs.resume(id, prepare(workspace)).finished).toBe('done');
});

it('a run of a search is taken up by its search alone', () => {
  const { workspace, runs } = managed(new ScriptedExecutor(1));
  const prepared = prepare(workspace);
  const { sweep } = prepared;
  const search = { goal: 'both', maxDrop: 1 } as SweepFile['search'];
  const idOf = (part?: 'selection' | 'confirmation'): string =>
    runs.enqueue({ ...prepared, sweep: { ...sweep, search, dataset: { ...sweep.dataset, ...(part && { part }) } } });
  expect(() => runs.resumable(idOf('selection'))).toThrow('belongs to a search');
  expect(runs.resumable(idOf('confirmation')).search).toEqual(search);
  expect(runs.resumable(idOf()).search).toEqual(search);
});

describe('a queue', () => {
  function queued(
    executor = new ScriptedExecutor(1),
    before: (name: string) => Promise<void> | void = () => undefined,
  ) {
    const all = managed(executor);
    const turn = new Turn(all.workspace.folder, all.runs);
    const queue = new RunQueue(all.workspace, all.runs, turn, async (sweep) => {
      await before(sweep.name);
      if (sweep.name === 'gone') throw new Error('the model is gone');
      return prepare(all.workspace, { name: sweep.name, recipes: sweep.recipes });
    });
    queue.watch();
    const sweepNamed = (name: string) => prepare(all.workspace, { name, recipes: { half: recipes.half } }).sweep;
    return { ...all, turn, queue, sweepNamed };
  }
  const names = ({ runs }: ReturnType<typeof queued>): string[] =>
    runs
      .list()
      .map(({ name, status }) => `${name} ${status}`)
      .toReversed();

  it('holds sweeps that are started while another runs, and begins each when the one before has ended', async () => {
    const stop = gate(/^describe net\|fp16$/);
    const all = queued(new ScriptedExecutor(1, stop.before));
    for (const name of ['one', 'two', 'three', 'four']) await all.queue.add(all.sweepNamed(name));
    await stop.reached;
    expect(names(all)).toEqual(['one running', 'two queued', 'three queued', 'four queued']);
    all.queue.remove(all.runs.list().find(({ name }) => name === 'three')!.id);
    expect(() => all.queue.remove('no such run')).toThrow(expect.objectContaining({ code: 'run.not-found' }));
    stop.open();
    await expect.poll(() => names(all), { timeout: 30_000 }).toEqual(['one done', 'two done', 'four done']);
  });

  it('goes on behind one that cannot begin', async () => {
    const stop = gate(/^describe net\|fp16$/);
    const all = queued(new ScriptedExecutor(1, stop.before));
    await all.queue.add(all.sweepNamed('one'));
    await stop.reached;
    const gone = prepare(all.workspace, { name: 'gone', recipes: { half: recipes.half } });
    const id = all.runs.enqueue(gone);
    await all.queue.add(all.sweepNamed('three'));
    stop.open();
    await expect.poll(() => names(all), { timeout: 30_000 }).toEqual(['one done', 'gone failed', 'three done']);
    expect(all.runs.view(id).trials[0]!.error).toMatchObject({ facts: { detail: 'the model is gone' } });
  });

  it('holds what is added while the next is prepared, and does not begin what is taken out meanwhile', async () => {
    const prepares = gate(/^two$/);
    const all = queued(new ScriptedExecutor(1), prepares.before);
    await all.queue.add(all.sweepNamed('one'));
    const two = all.runs.enqueue(prepare(all.workspace, { name: 'two', recipes: { half: recipes.half } }));
    const begun = all.runs.enqueue(prepare(all.workspace, { name: 'begun', recipes: { half: recipes.half } }));
    all.workspace.runs.setElapsed(begun, 1000);
    await prepares.reached;
    expect(all.runs.activeRun).toBeUndefined();
    expect((await all.queue.add(all.sweepNamed('four'))).status).toBe('queued');
    await expect(all.queue.resume(begun)).rejects.toMatchObject({ code: 'store.busy' });
    all.queue.remove(two);
    all.queue.remove(begun);
    prepares.open();
    await expect.poll(() => names(all), { timeout: 30_000 }).toEqual(['one done', 'begun interrupted', 'four done']);
  });

  it('begins while a run that is taken up again is prepared, behind it', async () => {
    const prepares = gate(/^one$/);
    const all = queued(new ScriptedExecutor(1), prepares.before);
    const one = all.runs.enqueue(prepare(all.workspace, { name: 'one', recipes: { half: recipes.half } }));
    all.workspace.runs.setRunStatus(one, 'interrupted');
    const resumed = all.queue.resume(one);
    await prepares.reached;
    expect((await all.queue.add(all.sweepNamed('two'))).status).toBe('queued');
    prepares.open();
    expect(await (await resumed).finished).toBe('done');
    await expect.poll(() => names(all), { timeout: 30_000 }).toEqual(['one done', 'two done']);
  });

  it('waits for another process, and begins when that has ended', async () => {
    const stop = gate(/^describe net\|fp16$/);
    let lock: RunLock | undefined;
    const all = queued(new ScriptedExecutor(1, stop.before), (name) => {
      if (name === 'two') lock ??= RunLock.acquire(all.workspace.folder);
    });
    await all.queue.add(all.sweepNamed('one'));
    await stop.reached;
    all.runs.enqueue(prepare(all.workspace, { name: 'two', recipes: { half: recipes.half } }));
    stop.open();
    await expect.poll(() => lock).toBeDefined();
    await expect.poll(() => all.turn.isFree).toBe(true);
    expect(names(all)).toEqual(['one done', 'two queued']);
    lock!.release();
    await expect.poll(() => names(all), { timeout: 30_000 }).toEqual(['one done', 'two done']);
  });

  it('is left by a run that had begun without losing what it has', () => {
    const { workspace, runs } = managed(new ScriptedExecutor(1));
    const [begun, fresh] = [runs.enqueue(prepare(workspace)), runs.enqueue(prepare(workspace))];
    workspace.runs.setElapsed(begun, 1000);
    expect(workspace.runs.withdraw(begun)).toBe(true);
    expect(workspace.runs.withdraw(fresh)).toBe(true);
    expect(runs.list()).toMatchObject([{ id: begun, status: 'interrupted' }]);
    expect(workspace.runs.withdraw(begun)).toBe(false);
  });

  it('outlives its process', async () => {
    const { workspace, runs } = managed(new ScriptedExecutor(1));
    const id = runs.enqueue(prepare(workspace));
    const again = openWorkspace(workspace.folder);
    expect(again.runs.queued()).toEqual([id]);
    expect(again.runs.markInterrupted()).toEqual([]);
    again.close();
    const queue = new RunQueue(workspace, runs, new Turn(workspace.folder, runs), () =>
      Promise.resolve(prepare(workspace)),
    );
    await queue.next();
    await expect.poll(() => runs.list()[0]!.status, { timeout: 30_000 }).toBe('done');
  });
});
