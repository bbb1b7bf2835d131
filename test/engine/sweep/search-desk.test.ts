import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchAnswer } from '@shared/search';
import type { SearchRequest, SearchState } from '@shared/search-state';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import { createEngine, type Engine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { searchNetwork } from '../../../src/main/engine/search/search-network';
import { searchSweeps } from '../../../src/main/engine/search-sweeps';

const starter = resolve(import.meta.dirname, '../../../resources/starter');
const request: SearchRequest = {
  models: [resolve(starter, 'models', 'squeezenet-starter.onnx')],
  dataset: { path: resolve(starter, 'dataset'), eval: 40, calibration: 16, train: 0, seed: 1 },
  targets: [],
  search: { maxDrop: 100, goal: 'size', budget: '1h', trials: 2 },
  mayReplace: false,
  seed: 1,
};

describe('searches of the window', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-search-desk-'));
  let engine: Engine;
  let states: SearchState[];
  const stages = (): string[] => [...new Set(states.map(({ stage }) => stage))];
  const ended = async (): Promise<SearchState> => {
    await expect.poll(() => states.at(-1)?.stage, { timeout: 550_000, interval: 100 }).toBe('ended');
    return states.at(-1)!;
  };
  const ask = () => handlersOf(engine);

  beforeAll(async () => {
    states = [];
    engine = await createEngine({
      workspace: folder,
      events: { search: (state) => void states.push(state) },
    });
    engine.searches.watch();
    engine.queue.watch();
  });
  afterAll(() => {
    engine.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('tell stage by stage what they do, keep their answer, and let no other run between', async () => {
    await ask()['search.start'](request);
    // A sweep that is started meanwhile waits for the end of the search.
    const sweep = { ...(await engine.info()).starterSweep, ...request, models: request.models };
    const { search: _search, mayReplace: _mayReplace, ...plain } = sweep;
    const queued = await ask()['sweeps.start']({ ...plain, recipes: { baseline: [] } });
    expect(queued.status).toBe('queued');
    await expect(ask()['runs.resume']({ run: queued.id })).rejects.toMatchObject({ code: 'store.busy' });

    const last = await ended();
    expect(last.ended).toEqual([{ name: 'search squeezenet-starter', run: expect.any(String) as string }]);
    expect(stages()).toEqual(expect.arrayContaining(['preparing', 'portfolio', 'confirmation', 'ended']));
    const run = last.ended[0]!.run!;
    const record = (await ask()['search.record']({ run }))!;
    expect(record.answer!.runs.confirmation).toBe(run);
    expect(record.answer!.trials).toBe(2);
    expect(record.sweep.search).toEqual(request.search);
    expect((await ask()['search.record']({ run: record.answer!.runs.candidates }))!.answer).toEqual(record.answer);
    // What is best before the confirmation is told, on the images that choose.
    const [best] = states.findLast(({ stage }) => stage === 'portfolio')!.best;
    expect(best).toMatchObject({ goal: 'size', n: 20 });
    const winner = record.answer!.winners[0]!;
    const confirmed = engine.runs.view(run).trials.find(({ id }) => id === `${winner.model}/${winner.name}`)!;
    expect(confirmed.artifact!.sizeBytes).toBe(winner.sizeBytes);

    await expect.poll(() => engine.runs.record(queued.id).status, { timeout: 120_000 }).toBe('done');
    expect(Date.parse(engine.runs.record(queued.id).endedAt!)).toBeGreaterThan(
      Date.parse(engine.runs.record(run).endedAt!),
    );
  });

  it('are cancelled as a whole, and go on from where they were', async () => {
    states = [];
    await ask()['search.start']({ ...request, search: { ...request.search, trials: 3 }, seed: 2 });
    await expect.poll(() => engine.runs.activeRun, { timeout: 60_000, interval: 20 }).toBeDefined();
    const run = engine.runs.activeRun!;
    await ask()['runs.cancel']({ run });
    expect((await ended()).ended).toMatchObject([{ run, problem: { code: 'cancelled' } }]);
    expect((await ask()['search.record']({ run }))!.answer).toBeUndefined();

    states = [];
    await ask()['runs.resume']({ run });
    expect((await ended()).ended[0]!.problem).toBeUndefined();
    expect((await ask()['search.record']({ run }))!.answer!.runs.candidates).toBe(run);
  });

  it('confirm what is there when somebody has seen enough', async () => {
    states = [];
    await ask()['search.start']({ ...request, search: { ...request.search, trials: 400 }, seed: 3 });
    await expect.poll(() => states.at(-1)?.finalists, { timeout: 500_000, interval: 50 }).toBeGreaterThan(0);
    await ask()['search.finish']();
    const last = await ended();
    expect(last.trials).toBeLessThan(400);
    const record = (await ask()['search.record']({ run: last.ended[0]!.run! }))!;
    expect(record.answer!.front.length).toBeGreaterThan(0);
  });

  it('are what a sweep asks for beside its recipes, after them', async () => {
    states = [];
    const { models, dataset, search } = request;
    const written = { name: 'both', models, dataset, targets: [], recipes: { baseline: [] }, search, seed: 4 };
    const { id } = await ask()['sweeps.start'](sweepFileSchema.parse(written));
    const last = await ended();
    expect(engine.runs.record(id).status).toBe('done');
    expect(last.ended).toMatchObject([{ name: 'both, search 1' }]);
    const { runs } = (await ask()['search.record']({ run: last.ended[0]!.run! }))!.answer!;
    expect(engine.runs.record(runs.candidates).startedAt > engine.runs.record(id).endedAt!).toBe(true);
  });

  it('are over by the time of day that was said, with what is known confirmed', async () => {
    const { signal } = new AbortController();
    const [{ sweep }] = (await searchSweeps(engine, request)) as [{ sweep: SweepFile }];
    const search = (
      changes: Partial<SweepFile>,
      times: { deadline?: number; beganAt?: number } = {},
    ): Promise<SearchAnswer> =>
      searchNetwork(
        { ...sweep, ...changes },
        {
          workspace: engine.workspace,
          runs: engine.runs,
          signal,
          ...times,
          say: () => undefined,
          prepare: (one) => engine.prepare(one),
          place: () => Promise.resolve(({ artifact }) => artifact!.path),
        },
      );
    const before = await search({});
    // A time of day is no part of what a search is: it goes on with the same candidates.
    const later = new Date(Date.now() + 7_200_000).toTimeString().slice(0, 5);
    expect(await search({ until: later })).toEqual(before);
    // The time is up: no more is tried, although 400 more might be, and what is there is answered.
    const more = { search: { ...request.search, trials: 400 } };
    const cut = await search(more, { deadline: Date.now() + 1 });
    expect(cut.trials).toBe(before.trials);
    expect(cut.winners).toEqual(before.winners);
    // The last fifth of it is kept for confirming.
    const hourMs = 3_600_000;
    const late = await search(more, { beganAt: Date.now() - 9 * hourMs, deadline: Date.now() + hourMs });
    expect([late.trials, late.winners]).toEqual([before.trials, before.winners]);
    await expect(search({ seed: 99 }, { deadline: Date.now() - 1 })).rejects.toMatchObject({ code: 'search.no-time' });
  });
});
