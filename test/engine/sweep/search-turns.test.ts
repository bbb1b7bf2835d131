import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunProgress } from '@shared/run';
import type { SearchRequest, SearchState } from '@shared/search-state';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { searchSweeps } from '../../../src/main/engine/search-sweeps';
import { RunLock } from '../../../src/main/engine/store/run-lock';
import { furnish } from '../cli/laboratory';
import { temporaryFolder } from '../store/temporary-folder';

/** An engine on a small network, as the window has it, and all that it announces. */
async function furnished() {
  const folder = await furnish(temporaryFolder());
  const states: SearchState[] = [];
  const progress: (RunProgress | null)[] = [];
  const engine = await createEngine({
    workspace: join(folder, 'home'),
    events: { search: (state) => void states.push(state), progress: (state) => void progress.push(state) },
  });
  engine.searches.watch();
  engine.queue.watch();
  onTestFinished(() => engine.close());
  const dataset = { path: join(folder, 'images'), eval: 12, calibration: 6, train: 0, seed: 1 };
  const models = [join(folder, 'small.onnx')];
  const request = (seed: number, trials = 1): SearchRequest => ({
    models,
    dataset: { ...dataset, eval: 0 },
    targets: [],
    search: { maxDrop: 100, goal: 'size', budget: '1h', trials },
    mayReplace: false,
    seed,
  });
  const sweep = (seed: number): SweepFile =>
    sweepFileSchema.parse({
      name: `sweep ${seed}`,
      models,
      dataset: { ...dataset, seed },
      targets: [],
      recipes: { baseline: [] },
      seed,
    });
  const isIdle = (): boolean => engine.turn.isFree && engine.workspace.runs.queued().length === 0;
  const idle = () => expect.poll(isIdle, { timeout: 120_000, interval: 20 }).toBe(true);
  /** Something is prepared, and no run is under way. */
  const preparing = async (): Promise<void> => {
    while (engine.turn.isFree || engine.runs.activeRun !== undefined) await turnOfLoop();
  };
  const ended = (): SearchState['ended'] => states.at(-1)?.ended ?? [];
  return { engine, ask: handlersOf(engine), states, progress, request, sweep, idle, preparing, ended };
}

const orders = [
  ['search', 'sweep', 'resume'],
  ['search', 'resume', 'sweep'],
  ['sweep', 'search', 'resume'],
  ['sweep', 'resume', 'search'],
  ['resume', 'search', 'sweep'],
  ['resume', 'sweep', 'search'],
] as const;

describe('a search and what begins beside it', { timeout: 600_000 }, () => {
  it('take turns in whatever order they begin at once', async () => {
    const { engine, ask, request, sweep, idle, ended } = await furnished();
    for (const [at, order] of orders.entries()) {
      const interrupted = engine.runs.enqueue(await engine.prepare(sweep(100 + at)));
      engine.workspace.runs.setRunStatus(interrupted, 'interrupted');
      const begin = {
        search: () => ask['search.start'](request(at + 1)),
        sweep: () => ask['sweeps.start'](sweep(at + 1)),
        resume: () => ask['runs.resume']({ run: interrupted }),
      };
      const outcomes = await Promise.allSettled(order.map(async (name) => void (await begin[name]())));
      const refused = order.filter((_, place) => outcomes[place]!.status === 'rejected');
      // Whoever comes second is told at once, and nobody later.
      expect(refused.filter((name) => name !== 'resume')).toEqual([]);
      await idle();
      expect(ended(), order.join(', ')).toMatchObject([{ run: expect.any(String) as string }]);
      expect(ended()[0]!.problem).toBeUndefined();
      const statuses = engine.runs.list().map(({ name, status }) => `${name} ${status}`);
      expect(statuses).toContain(`sweep ${at + 1} done`);
      expect(statuses).toContain(`sweep ${100 + at} ${refused.length > 0 ? 'interrupted' : 'done'}`);
    }
  });

  it('the search waits while the queue prepares its next run, and the queue while the search prepares', async () => {
    const { engine, ask, states, request, sweep, idle, preparing, ended } = await furnished();
    await ask['sweeps.start'](sweep(1));
    expect((await ask['sweeps.start'](sweep(2))).status).toBe('queued');
    const asked = await searchSweeps(engine, request(1));
    await preparing();
    engine.searches.add(asked);
    expect(states.at(-1)).toMatchObject({ stage: 'waiting', waiting: 0, isHeld: false });
    // It has its turn before what is queued later.
    expect((await ask['sweeps.start'](sweep(3))).status).toBe('queued');
    await expect.poll(() => states.at(-1)?.stage, { timeout: 60_000, interval: 1 }).toBe('preparing');
    expect((await ask['sweeps.start'](sweep(4))).status).toBe('queued');
    await idle();
    expect(ended()).toMatchObject([{ run: expect.any(String) as string }]);
    const order = engine.runs.list().toReversed();
    expect(order.map(({ name }) => name)).toEqual([
      'sweep 1',
      'sweep 2',
      'search small',
      'search small, confirmed',
      'sweep 3',
      'sweep 4',
    ]);
    expect(new Set(order.map(({ status }) => status))).toEqual(new Set(['done']));
  });

  it('the search waits for another process, before its first run and between two of them', async () => {
    const { engine, ask, states, request, idle, ended } = await furnished();
    const lock = RunLock.acquire(engine.workspace.folder);
    await ask['search.start'](request(1));
    await expect.poll(() => states.at(-1)?.stage, { timeout: 60_000 }).toBe('waiting');
    expect(engine.turn.isFree).toBe(true);
    lock.release();
    await expect.poll(() => engine.runs.activeRun, { timeout: 60_000, interval: 1 }).toBeDefined();
    let between: RunLock | undefined;
    engine.runs.onIdle(() => (between ??= RunLock.acquire(engine.workspace.folder)));
    await expect.poll(() => states.at(-1)?.stage, { timeout: 60_000, interval: 5 }).toBe('waiting');
    between!.release();
    await expect.poll(() => ended().length, { timeout: 120_000 }).toBe(1);
    await idle();
    expect(ended()[0]!.problem).toBeUndefined();
  });

  it('the search waits for room where the disk is full between two of its runs', async () => {
    const { engine, ask, states, request, idle, ended } = await furnished();
    const { runs } = engine.workspace;
    const extend = runs.extend.bind(runs);
    let failures = 0;
    runs.extend = (...words) => {
      if (failures++ === 0) throw new Error('database or disk is full');
      extend(...words);
    };
    await ask['search.start'](request(1));
    await expect.poll(() => ended().length, { timeout: 120_000 }).toBe(1);
    await idle();
    expect(ended()[0]!.problem).toBeUndefined();
    expect(failures).toBeGreaterThan(1);
    expect(states.some(({ isPaused }) => isPaused)).toBe(true);
  });
});

describe('a pause', { timeout: 600_000 }, () => {
  it('is meant for the whole search: also between two of its runs, and its budget stands still', async () => {
    const { engine, ask, states, request, idle, ended } = await furnished();
    const { runs } = engine;
    await ask['search.start'](request(1, 2));
    let isBetween = false;
    runs.onIdle(() => {
      if (isBetween) return;
      isBetween = true;
      void ask['search.pause']();
    });
    await expect.poll(() => isBetween, { timeout: 60_000 }).toBe(true);
    await expect.poll(() => runs.activeRun, { timeout: 60_000 }).toBeDefined();
    const run = runs.activeRun!;
    expect(runs.record(run).status).toBe('paused');
    expect(states.at(-1)).toMatchObject({ isPaused: true });
    const [{ leftMs, budgetMs }, { elapsedMs }] = [states.at(-1)!, runs.control(run)];
    expect(leftMs).toBe(budgetMs - elapsedMs);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(runs.control(run).elapsedMs).toBe(elapsedMs);
    expect(runs.activeRun).toBe(run);
    // Whoever shows the run may continue it too.
    await ask['runs.continue']({ run });
    expect(states.at(-1)).toMatchObject({ isPaused: false });
    await expect.poll(() => ended().length, { timeout: 120_000 }).toBe(1);
    await idle();
    expect(ended()[0]!.problem).toBeUndefined();
  });

  it('ends when what is there is to be confirmed', async () => {
    const { engine, ask, states, request, idle, ended } = await furnished();
    await ask['search.start'](request(1, 400));
    await expect.poll(() => states.at(-1)?.finalists, { timeout: 120_000, interval: 5 }).toBeGreaterThan(0);
    await ask['search.pause']();
    expect(states.at(-1)).toMatchObject({ isPaused: true });
    await ask['search.finish']();
    await expect.poll(() => ended().length, { timeout: 120_000 }).toBe(1);
    await idle();
    expect(ended()[0]!.problem).toBeUndefined();
    expect(engine.searches.record(ended()[0]!.run!)!.answer!.trials).toBeLessThan(400);
  });
});
