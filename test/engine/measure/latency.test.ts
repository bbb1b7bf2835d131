import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  measureLatency,
  type LatencyOptions,
  type MeasuredLatency,
} from '../../../src/main/engine/measure/latency/latency';
import {
  runSessionPair,
  type SessionPairOptions,
  type SessionPairOrder,
} from '../../../src/main/engine/measure/latency/session-pair';
import { idleEnergy, type Meter } from '../../../src/main/engine/measure/latency/energy';
import type { MeasuredPair } from '../../../src/main/engine/measure/latency/summarize-pairs';
import { ort } from '../../../src/main/engine/runtimes/ort';
import type { Runtime } from '../../../src/main/engine/runtimes/runtime';
import { toAppError } from '../../../src/shared/errors';
import { saveSmallClassifier, smallCard } from './small-classifier';

const weights = [
  [1, 0, 0],
  [0, 1, 0],
];
const card = smallCard(2);
const signal = new AbortController().signal;
let folder = '';
let light = '';
let heavy = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latency-'));
  light = await saveSmallClassifier(join(folder, 'light.onnx'), { weights });
  heavy = await saveSmallClassifier(join(folder, 'heavy.onnx'), { weights, idleLayers: 60 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pairs in this process: what a process of its own does as well. */
function latencyOf(options: Partial<LatencyOptions> & { baselinePath?: string }): Promise<MeasuredLatency> {
  const { candidatePath = light, baselinePath = light, ...rest } = options;
  const model = { card, runtime: ort, threads: 1, seed: 1, signal, ...rest };
  return measureLatency({
    mode: 'quick',
    progress: () => undefined,
    candidatePath,
    sessionPair: (order) => runSessionPair({ candidatePath, baselinePath, ...order, ...model }),
    ...model,
  });
}

describe('with a meter of energy', () => {
  const sensor = { domains: ['package-0'], files: [], of: 'processor', updateMs: 1, stepJoules: 0 } as const;
  /** Seven watts, whatever runs. */
  const meter: Meter = {
    sensor: { ...sensor, domains: [...sensor.domains], files: [] },
    joules: () => (7 * performance.now()) / 1000,
  };
  const order = { opensFirst: 'candidate', outerFirst: 'candidate', rounds: 4 } as const;

  it('a pair tells what was spent on counted images of either side alone', async () => {
    const batched = await saveSmallClassifier(join(folder, 'four.onnx'), { weights, batch: 4 });
    const model = { card, runtime: ort, threads: 1, seed: 1, signal };
    const pair = await runSessionPair({ candidatePath: batched, baselinePath: heavy, ...order, ...model, meter });
    const { candidate, baseline } = pair.spent!;
    for (const { joules, ms } of [candidate, baseline]) {
      expect(joules / ms).toBeCloseTo(0.007, 4);
      expect(ms).toBeGreaterThan(0);
    }
    expect(candidate.images).toBe(4 * pair.candidateMs.length);
    expect(baseline.images).toBe(pair.baselineMs.length);
    const plain = await runSessionPair({ candidatePath: light, baselinePath: heavy, ...order, ...model });
    expect(plain).not.toHaveProperty('spent');
  });

  it('the machine is read while nothing runs', async () => {
    const { joules, ms } = await idleEnergy(meter, signal);
    expect(joules / ms).toBeCloseTo(0.007, 4);
    const stopped = AbortSignal.abort();
    await expect(idleEnergy(meter, stopped)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a measurement has joules beside its times, and not where pairs tell none', async () => {
    const idle = { joules: 1, ms: 1000 };
    const model = { card, runtime: ort, threads: 1, seed: 1, signal };
    const metered = async (pairOrder: SessionPairOrder): Promise<MeasuredPair> => {
      const files = { candidatePath: light, baselinePath: heavy };
      const { spent, ...times } = await runSessionPair({ ...files, ...pairOrder, ...model, meter });
      return { ...times, energy: { ...spent!, domains: ['package-0'], updateMs: 1, stepJoules: 0, idle } };
    };
    const { energy } = await latencyOf({ baselinePath: heavy, mode: 'brief', sessionPair: metered });
    // Seven watts less one of idling, for as long as an image takes: the light network's are cheaper.
    expect(energy).toMatchObject({ domains: ['package-0'], isTold: true });
    expect(energy!.idleWatts).toBeCloseTo(1, 9);
    expect(energy!.comparison!.sessionRatios).toHaveLength(6);
    expect(energy!.comparison!.ratioInterval[1]).toBeLessThan(1);
    expect(await latencyOf({ mode: 'brief' })).not.toHaveProperty('energy');
  });
});

describe('measureLatency', () => {
  it('compares a light network with a heavy one, pair by pair', async () => {
    const progress: [string, number, number][] = [];
    const metrics = await latencyOf({ baselinePath: heavy, progress: (...step) => progress.push(step) });
    expect(metrics).toMatchObject({ mode: 'quick', rounds: 40 });
    expect(metrics.sessionRatios).toHaveLength(10);
    // 60 convolutions against none: no noise hides that.
    expect(metrics.ratioInterval[1]).toBeLessThan(1);
    expect(metrics.p50Ms).toBeLessThan(metrics.baselineP50Ms);
    const sorted = [...metrics.sessionRatios!].sort((a, b) => a - b);
    expect(metrics.ratioInterval).toEqual([sorted[1], sorted[8]]);
    expect(metrics.ratio).toBe((sorted[4]! + sorted[5]!) / 2);
    expect(metrics.p50Ms).toBeLessThanOrEqual(metrics.p90Ms);
    expect(metrics.p90Ms).toBeLessThanOrEqual(metrics.p99Ms);
    expect(metrics.madMs).toBeGreaterThanOrEqual(0);
    expect(metrics.firstInferenceMs).toBeGreaterThan(0);
    expect(metrics.coldStartMs).toBeGreaterThan(metrics.firstInferenceMs);
    expect(metrics.n).toBeGreaterThanOrEqual(40 * 8);
    expect(metrics.disturbance!.p99OverP50).toBeCloseTo(metrics.p99Ms / metrics.p50Ms, 12);
    expect(metrics.disturbance!.roundSpread).toBeGreaterThanOrEqual(0);
    expect(progress[0]).toEqual(['cold start', 0, 1]);
    expect(progress.slice(1)).toEqual(Array.from({ length: 11 }, (_, done) => ['latency', done, 10]));
  });

  it('gives the inverse ratio when the two change places', async () => {
    const metrics = await latencyOf({ candidatePath: heavy, baselinePath: light });
    expect(metrics.ratioInterval[0]).toBeGreaterThan(1);
  });

  it('divides by the batch where a file fixes one', async () => {
    const batched = await saveSmallClassifier(join(folder, 'batched.onnx'), { weights, batch: 64 });
    const metrics = await latencyOf({ candidatePath: batched, baselinePath: light });
    // The call costs more than its work here, so an image of a batch is far cheaper than one alone.
    expect(metrics.ratioInterval[1]).toBeLessThan(1);
  });

  it('opens and begins with each side in half of the pairs, in every combination', async () => {
    const orders: SessionPairOrder[] = [];
    await latencyOf({
      sessionPair: (order) => {
        orders.push(order);
        return Promise.resolve(pairOf(1));
      },
    });
    const count = (match: Partial<SessionPairOrder>): number =>
      orders.filter((order) =>
        Object.entries(match).every(([key, value]) => order[key as keyof typeof order] === value),
      ).length;
    expect(orders).toHaveLength(10);
    for (const side of ['candidate', 'baseline'] as const) {
      expect(count({ opensFirst: side })).toBe(5);
      expect(count({ outerFirst: side })).toBe(5);
      expect(count({ opensFirst: side, outerFirst: side })).toBeGreaterThanOrEqual(2);
      expect(count({ opensFirst: side, outerFirst: side })).toBeLessThanOrEqual(3);
    }
  });

  it.each([
    { name: 'at twenty pairs that agree', ratioOf: () => 0.7, pairs: 20 },
    { name: 'at sixty that never do', ratioOf: (index: number) => 1 + 0.2 * (index % 2), pairs: 60 },
  ])('ends rigorous mode $name', async ({ ratioOf, pairs }) => {
    let index = 0;
    const metrics = await latencyOf({
      mode: 'rigorous',
      sessionPair: () => Promise.resolve(pairOf(ratioOf(index++))),
    });
    expect(metrics.sessionRatios).toHaveLength(pairs);
  });

  it('stops between two pairs when cancelled', async () => {
    const controller = new AbortController();
    const progress = (stage: string, done: number): void => {
      if (stage === 'latency' && done === 2) controller.abort();
    };
    const thrown: unknown = await latencyOf({ signal: controller.signal, progress }).catch((error: unknown) => error);
    expect(toAppError(thrown).code).toBe('cancelled');
  });

  it('refuses a file the runtime cannot load', async () => {
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, 'not a model');
    const thrown: unknown = await latencyOf({ candidatePath: broken }).catch((error: unknown) => error);
    expect(toAppError(thrown).code).toBe('model.runtime-rejected');
  });
});

const pairOf = (ratio: number) => ({
  candidateMs: Float64Array.of(ratio),
  baselineMs: Float64Array.of(1),
  roundRatios: Float64Array.of(ratio),
  processorTime: undefined,
});

/** ONNX Runtime that writes down what is opened, run and closed, by the name of the file. */
function recording(log: string[], runsMs = 0): Runtime {
  const nameOf = (model: string | Uint8Array): string => (model === heavy ? 'baseline' : 'candidate');
  return {
    ...ort,
    async open(model, options) {
      log.push(`open ${nameOf(model)}`);
      const session = await ort.open(model, options);
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        inputs: session.inputs,
        outputs: session.outputs,
        async run(feeds) {
          log.push(nameOf(model));
          const end = performance.now() + runsMs;
          while (performance.now() < end);
          return session.run(feeds);
        },
        operatorTimes: () => session.operatorTimes(),
        close: () => {
          log.push(`close ${nameOf(model)}`);
          return session.close();
        },
      };
    },
  };
}

/** Neighbours that are the same become one. */
const runLengths = (log: readonly string[]): string[] => log.filter((entry, index) => entry !== log[index - 1]);

describe('runSessionPair', () => {
  const pair = (options: Partial<SessionPairOptions>) =>
    runSessionPair({
      candidatePath: light,
      baselinePath: heavy,
      card,
      runtime: ort,
      threads: 1,
      seed: 1,
      opensFirst: 'candidate',
      outerFirst: 'candidate',
      rounds: 4,
      signal,
      ...options,
    });

  it.each([
    { opensFirst: 'candidate', opensSecond: 'baseline', outerFirst: 'candidate', inner: 'baseline' },
    { opensFirst: 'baseline', opensSecond: 'candidate', outerFirst: 'candidate', inner: 'baseline' },
    { opensFirst: 'candidate', opensSecond: 'baseline', outerFirst: 'baseline', inner: 'candidate' },
  ] as const)('opens $opensFirst first; $outerFirst begins and ends every other round', async (order) => {
    const log: string[] = [];
    const { opensFirst, opensSecond, outerFirst: outer, inner } = order;
    await pair({ runtime: recording(log), opensFirst, outerFirst: outer });
    const twoRounds = [outer, inner, outer, inner, outer, inner];
    const opened = [`open ${opensFirst}`, `open ${opensSecond}`];
    const warmUp = [opensFirst, opensSecond];
    const closed = [`close ${opensFirst}`, `close ${opensSecond}`];
    expect(runLengths(log)).toEqual(runLengths([...opened, ...warmUp, ...twoRounds, ...twoRounds, ...closed]));
  });

  it('counts neither the warm-up nor the first run after a change of turns', async () => {
    const log: string[] = [];
    const times = await pair({ runtime: recording(log, 1) });
    expect(times.roundRatios).toHaveLength(4);
    expect(times.candidateMs.length % 8).toBe(0);
    expect(Math.min(...times.candidateMs)).toBeGreaterThanOrEqual(1);
    // Four rounds of three blocks with one run each that is not counted, after two warm-ups of two windows of three.
    const ran = log.filter((entry) => entry === 'candidate' || entry === 'baseline').length;
    expect(ran - times.candidateMs.length - times.baselineMs.length).toBeGreaterThanOrEqual(4 * 3 + 2 * 6);
  });

  it('takes half the rounds where they are long', async () => {
    const times = await pair({ runtime: recording([], 30), rounds: 4 });
    expect(times.roundRatios).toHaveLength(2);
    expect([times.candidateMs.length, times.baselineMs.length]).toEqual([4, 4]);
  });

  it.each([
    { sharesWeightMemory: false, turns: [1, 2, 1, 1, 2, 1] },
    { sharesWeightMemory: true, turns: [2, 3, 2, 2, 3, 2] },
  ])('of long runs counts $turns, uncounted ones first where weights must come back', async ({ turns, ...trait }) => {
    const log: string[] = [];
    const times = await pair({ runtime: { ...recording(log, 30), ...trait }, rounds: 4 });
    const runs = log.filter((entry) => entry === 'candidate' || entry === 'baseline');
    const lengths: number[] = [];
    for (const [at, side] of runs.entries())
      if (side === runs[at - 1]) lengths[lengths.length - 1]! += 1;
      else lengths.push(1);
    expect(lengths.slice(-turns.length)).toEqual(turns);
    expect([times.candidateMs.length, times.baselineMs.length]).toEqual([4, 4]);
  });

  it('closes its sessions when cancelled between two inferences', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const runtime = recording(log);
    setTimeout(() => controller.abort(), 30);
    const thrown: unknown = await pair({ runtime, rounds: 4000, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    expect(toAppError(thrown).code).toBe('cancelled');
    expect(log.slice(-2)).toEqual(['close candidate', 'close baseline']);
  });

  it('closes the first session where the second cannot be opened', async () => {
    const log: string[] = [];
    const broken = join(folder, 'broken-pair.onnx');
    writeFileSync(broken, 'not a model');
    await expect(pair({ runtime: recording(log), baselinePath: broken })).rejects.toMatchObject({
      code: 'model.runtime-rejected',
    });
    expect(log.at(-1)).toBe('close candidate');
  });
});
