import { expect, test } from 'vitest';
import type { Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { quotient } from '@shared/statistics/ratio-quotient';
import { runAgainst } from '../../../src/main/engine/sweep/run-against';
import { latency, run, trial } from '../matrix/trials';

test('the quotient of two ratios, by hand', () => {
  const exact = quotient({ ratio: 0.5, ratioInterval: [0.4, 0.625] }, { ratio: 0.8, ratioInterval: [0.8, 0.8] });
  expect(exact.ratio).toBeCloseTo(0.625, 12);
  expect(exact.ratioInterval[0]).toBeCloseTo(0.5, 12);
  expect(exact.ratioInterval[1]).toBeCloseTo(0.78125, 12);
  // Half widths of log 1.3 and log 1.4 on either side: together the root of the sum of their squares.
  const both = quotient({ ratio: 1, ratioInterval: [1 / 1.3, 1.3] }, { ratio: 2, ratioInterval: [2 / 1.4, 2 * 1.4] });
  expect(both.ratioInterval[1] / both.ratio).toBeCloseTo(Math.exp(Math.hypot(Math.log(1.3), Math.log(1.4))), 12);
});

const answers = (classes: number[]): Predictions => ({
  n: classes.length,
  classes: 10,
  topK: classes.map((best) => [best]),
  labels: classes.map(() => 1),
  hashes: classes.map((_, at) => `image ${at}`),
  skipped: 0,
});
/** Right on eight, six and five images of ten. */
const answered: Record<string, Predictions> = {
  baseline: answers([1, 1, 1, 1, 1, 1, 1, 1, 2, 2]),
  int8: answers([1, 1, 1, 1, 1, 1, 3, 3, 2, 2]),
  pruned: answers([1, 1, 1, 1, 3, 3, 3, 3, 2, 1]),
};

const original = run([
  trial({ recipe: 'baseline' }, { sizeBytes: 1000, latency: [latency({ ratio: 1, ratioInterval: [0.99, 1.01] })] }),
  trial(
    { recipe: 'int8', published: [] },
    { sizeBytes: 250, latency: [latency({ p50Ms: 3, ratio: 0.5, ratioInterval: [0.4, 0.6] })] },
  ),
  trial(
    { recipe: 'pruned' },
    { sizeBytes: 500, top1Delta: -30, latency: [latency({ ratio: 1, ratioInterval: [1, 1] })] },
  ),
  trial({ recipe: 'unfinished', status: 'running' }, { sizeBytes: 400, top1Delta: -1 }),
]);

test('accuracy is paired with the reference on the same images, time goes by way of the baseline', () => {
  const seen = runAgainst(original, 'int8', ({ recipe }) => answered[recipe]);
  expect(seen.against).toBe('int8');
  const [baseline, int8, pruned, unfinished] = seen.trials;
  expect(seen.trials.map(({ isBaseline }) => isBaseline)).toEqual([false, true, false, false]);
  expect(baseline!.metrics).toMatchObject({ top1Delta: 20, agreement: 80 });
  expect(baseline!.metrics.latency[0]!.ratio).toBe(2);
  expect(pruned!.metrics).toMatchObject({ top1Delta: -10, agreement: 70, sizeBytes: 500 });
  expect(pruned!.metrics.latency[0]).toMatchObject({ ratio: 2, baselineP50Ms: 6.98 });
  expect(int8!.metrics.top1Delta).toBeUndefined();
  expect(int8!.metrics.latency[0]).toMatchObject({ ratio: 1, ratioInterval: [1, 1] });
  // What was said against the baseline is not left standing.
  expect(unfinished!.metrics).toEqual({ sizeBytes: 400, latency: [] });
  expect(seen.trials.every(({ published }) => published === undefined)).toBe(true);
  expect(original.trials[2]!.metrics.top1Delta).toBe(-30);
});

test('a reference that is not measured yet leaves no differences', () => {
  const seen = runAgainst(original, 'unfinished', ({ recipe }) => answered[recipe]);
  for (const { metrics } of seen.trials) {
    expect(metrics.latency).toEqual([]);
    expect(metrics.top1Delta).toBeUndefined();
  }
});

test('a recipe that the run does not have', () => {
  expect(() => runAgainst(original, 'int4', () => undefined)).toThrow(
    'The run "case study" has no recipe "int4" to compare with. It has: baseline, int8, pruned, unfinished.',
  );
});

test('session ratios go along, so that the comparison can be tested', () => {
  const sessions = run([
    trial({ recipe: 'baseline' }, { latency: [latency({ ratio: 1.01, sessionRatios: [1, 1.01, 1.02] })] }),
    trial(
      { recipe: 'a' },
      { latency: [latency({ ratio: 0.5, ratioInterval: [0.4, 0.625], sessionRatios: [0.4, 0.5] })] },
    ),
    trial({ recipe: 'b' }, { latency: [latency({ ratio: 0.8, sessionRatios: [0.8, 0.8] })] }),
    trial({ recipe: 'old' }, { latency: [latency({ ratio: 0.7 })] }),
  ]);
  const seen = runAgainst(sessions, 'a', () => undefined).trials.map(({ metrics }) => metrics.latency[0]!);
  // The network was measured beside "a": that ratio turned over, without its own A/A control.
  expect(seen[0]).toMatchObject({ ratio: 2, ratioInterval: [1.6, 2.5], sessionRatios: [2.5, 2] });
  expect(seen[0]!.referenceSessionRatios).toBeUndefined();
  expect(seen[2]).toMatchObject({ ratio: 1.6, sessionRatios: [0.8, 0.8], referenceSessionRatios: [0.4, 0.5] });
  expect(seen[3]!.sessionRatios).toBeUndefined();
});

test('each deployment is compared in its own runtime', () => {
  const deployments = ['ort-cpu', 'ort-web'].map((runtime) => ({ runtime, format: 'onnx', top1Delta: -3 }));
  const view = run([trial({ recipe: 'a' }, { deployments }), trial({ recipe: 'b' }, { deployments })]);
  const seen = runAgainst(view, 'a', ({ recipe }, runtime) =>
    runtime === 'ort-web' ? answered[recipe === 'a' ? 'int8' : 'baseline'] : undefined,
  );
  expect(seen.trials[1]!.metrics.deployments!.map(({ top1Delta }) => top1Delta)).toEqual([undefined, 20]);
});

test('a recipe that one network alone has leaves trials of the others without a comparison', () => {
  const other = trial(
    { id: 'other/baseline', model: 'other', recipe: 'baseline' },
    { sizeBytes: 900, top1Delta: 0, latency: [latency({ ratio: 1, ratioInterval: [1, 1] })] },
  );
  const seen = runAgainst({ ...original, trials: [...original.trials, other] }, 'int8', () => undefined);
  const { isBaseline, metrics } = seen.trials.at(-1)!;
  expect(isBaseline).toBe(false);
  expect(metrics).toMatchObject({ sizeBytes: 900, latency: [] });
  expect(metrics.top1Delta).toBeUndefined();
});
