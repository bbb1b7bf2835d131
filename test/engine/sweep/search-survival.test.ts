import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RunProgress, RunSummary } from '@shared/run';
import type { SearchAnswer } from '@shared/search';
import type { SearchRecord, SearchRequest, SearchState } from '@shared/search-state';
import type { EngineHost } from '../../../src/main/engine/host';
import { furnish } from '../cli/laboratory';
import { temporaryFolder } from '../store/temporary-folder';
import { kill, started } from './campaign';

const requestIn = (folder: string, seed: number, trials: number): SearchRequest => ({
  models: [join(folder, 'small.onnx')],
  dataset: { path: join(folder, 'images'), eval: 0, calibration: 6, train: 0, seed: 1 },
  targets: [],
  search: { maxDrop: 100, goal: 'size', budget: '1h', trials },
  mayReplace: false,
  seed,
});

const stateOf = (host: EngineHost): SearchState | undefined =>
  host.signals.get('search.state') as SearchState | undefined;

async function until(host: EngineHost, isSo: (state: SearchState) => boolean): Promise<SearchState> {
  for (;;) {
    const state = stateOf(host);
    if (state && isSo(state)) return state;
    await sleep(5);
  }
}

/** As when the operating system ends it: nobody says goodbye. What was told before is forgotten. */
async function killEngine(host: EngineHost): Promise<void> {
  const { pid } = host;
  host.signals.clear();
  expect(kill(pid)).toBe(true);
  while (host.pid === pid) await sleep(5);
  await host.request('runs.list', undefined);
}

/** What does not depend on the clock, of every search that has an answer, by its seed. */
async function answersOf(host: EngineHost): Promise<Map<number, Omit<SearchAnswer, 'seconds' | 'runs'>>> {
  const runs = (await host.request('runs.list', undefined)) as RunSummary[];
  const answers = new Map<number, Omit<SearchAnswer, 'seconds' | 'runs'>>();
  for (const { id } of runs) {
    const record = (await host.request('search.record', { run: id })) as SearchRecord | null;
    if (!record?.answer) continue;
    const { seconds: _seconds, runs: _runs, ...answer } = record.answer;
    // Each workspace has its own paths.
    const plain = (found: (typeof answer.front)[number]) => ({ ...found, path: '' });
    const winners = answer.winners.map((winner) => ({ ...winner, path: '' }));
    answers.set(record.sweep.seed, { ...answer, winners, front: answer.front.map(plain) });
  }
  return answers;
}

const isOver = ({ stage, waiting }: SearchState): boolean => stage === 'ended' && waiting === 0;

it.skipIf(process.platform === 'win32')(
  'searches that are killed in every state go on from there, in their order, to the same answers',
  { timeout: 600_000 },
  async () => {
    const folder = await furnish(temporaryFolder());
    const [first, second] = [requestIn(folder, 1, 6), requestIn(folder, 2, 5)];
    const calm = await started(join(folder, 'calm'));
    await calm.host.request('search.start', first);
    await calm.host.request('search.start', second);
    await until(calm.host, isOver);
    const expected = await answersOf(calm.host);
    calm.host.stop();
    expect([...expected.keys()].toSorted()).toEqual([1, 2]);

    const { host } = await started(join(folder, 'struck'));
    await host.request('search.start', first);
    await host.request('search.start', second);
    for (const isSo of [
      ({ stage }: SearchState) => stage === 'preparing',
      ({ stage, run }: SearchState) => stage === 'preparing' && run !== undefined,
      ({ stage }: SearchState) => stage === 'portfolio',
      ({ stage, trials }: SearchState) => stage === 'portfolio' && trials >= 4,
      ({ stage }: SearchState) => stage === 'confirmation',
    ]) {
      const { waiting } = await until(host, isSo);
      expect(waiting).toBe(1);
      await killEngine(host);
    }

    // The other one, once it is under way: paused, it is paused again.
    await until(host, ({ waiting, stage }) => waiting === 0 && stage === 'portfolio');
    await host.request('search.pause', undefined);
    expect(stateOf(host)).toMatchObject({ isPaused: true });
    await killEngine(host);
    await until(host, ({ isPaused, run }) => isPaused && run !== undefined);
    await expect.poll(() => host.signals.get('run.progress')).toMatchObject({ status: 'paused' });
    const { leftMs } = stateOf(host)!;
    const { elapsedMs } = host.signals.get('run.progress') as RunProgress;
    await sleep(300);
    expect(stateOf(host)!.leftMs).toBe(leftMs);
    expect(host.signals.get('run.progress')).toMatchObject({ status: 'paused', elapsedMs });
    await host.request('search.continue', undefined);
    await until(host, isOver);
    // How both ended is told, although the process that ended the first is gone, and so after one more.
    const both = [1, 2].map(() => ({ run: expect.any(String) as string }));
    expect(stateOf(host)!.ended).toMatchObject(both);
    await killEngine(host);
    expect((await until(host, isOver)).ended).toMatchObject(both);
    expect(await answersOf(host)).toEqual(expected);
    host.stop();
  },
);

it.skipIf(process.platform === 'win32')(
  'what somebody wanted confirmed is confirmed after a kill, and the searches behind it wait for whoever leaves',
  { timeout: 600_000 },
  async () => {
    const folder = await furnish(temporaryFolder());
    const home = join(folder, 'home');
    const one = await started(home);
    for (const seed of [1, 2, 3]) await one.host.request('search.start', requestIn(folder, seed, seed === 1 ? 400 : 2));
    await until(one.host, ({ finalists }) => finalists > 0);
    await one.host.request('search.finish', undefined);
    await killEngine(one.host);
    await until(one.host, ({ isFinishing, stage }) => isFinishing && stage === 'confirmation');
    await until(one.host, ({ waiting, stage }) => waiting === 1 && stage === 'portfolio');
    const [, answer] = [...(await answersOf(one.host))][0]!;
    expect(answer.trials).toBeLessThan(400);
    expect(answer.front.length).toBeGreaterThan(0);

    const { pid } = one.host;
    one.host.stop();
    await expect.poll(() => isGone(pid!), { timeout: 30_000 }).toBe(true);
    const two = await started(home);
    expect(await until(two.host, () => true)).toMatchObject({ stage: 'waiting', isHeld: true, waiting: 1 });
    await sleep(500);
    expect(stateOf(two.host)).toMatchObject({ stage: 'waiting' });
    await two.host.request('search.continue', undefined);
    await until(two.host, isOver);
    expect(stateOf(two.host)!.ended).toHaveLength(2);
    expect([...(await answersOf(two.host)).keys()].toSorted()).toEqual([1, 2, 3]);
    two.host.stop();
  },
);

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
