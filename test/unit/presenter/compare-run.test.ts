import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { compareRun } from '@shared/presenter/compare-run';
import { pointsOutsideZoneP } from '@shared/presenter/points-test';
import { ratioOutsideZoneP } from '@shared/presenter/ratio-test';
import { studentUpperTail } from '@shared/statistics/student-t';
import type { RunView } from '@shared/run';
import { latency, run, target, trial } from '../matrix/trials';

describe('ratioOutsideZoneP', () => {
  // By hand: logs 0.10, 0.12, 0.14 have mean 0.12 and standard error 0.02 / sqrt 3; R: 2 * pt((0.12 - log(1.01)) / (0.02 / sqrt(3)), 2, lower.tail = FALSE)
  const sessions = [0.1, 0.12, 0.14].map(Math.exp);
  it('is the t-test against the nearer edge, doubled; the closed form of two degrees of freedom', () => {
    const t = (0.12 - Math.log(1.01)) / (0.02 / Math.sqrt(3));
    expect(ratioOutsideZoneP(sessions, 0.01)).toBeCloseTo(2 * (0.5 - t / (2 * Math.sqrt(2 + t * t))), 10);
  });
  it('does not care which of the two is the baseline', () => {
    expect(
      ratioOutsideZoneP(
        sessions.map((ratio) => 1 / ratio),
        0.01,
      ),
    ).toBeCloseTo(ratioOutsideZoneP(sessions, 0.01), 12);
  });
  it('of two recipes is Welch’s: his statistic and degrees of freedom', () => {
    // Variances 0.0004 of three and 0.0002 of two; R: t.test(log(own), log(other))$p.value
    const other = [-0.01, 0.01].map(Math.exp);
    const [a, b] = [0.0004 / 3, 0.0002 / 2];
    const freedom = (a + b) ** 2 / (a ** 2 / 2 + b ** 2 / 1);
    const p = ratioOutsideZoneP(sessions, 0, other);
    expect(freedom).toBeCloseTo(2.882, 3);
    expect(p).toBeCloseTo(2 * studentUpperTail(0.12 / Math.sqrt(a + b), freedom), 12);
  });
  it.each<[number[], number, number]>([
    [[1.005, 1.006, 1.004], 0.01, 1],
    [[2], 0.01, 1],
    [[2, 2, 2], 0.01, 0],
    [[1.0099, 1.0099], 0.01, 1],
    [[], 0.01, 1],
  ])('%j with %d -> %d', (ratios, margin, p) => expect(ratioOutsideZoneP(ratios, margin)).toBe(p));
});

it.each<[object, number, number | undefined]>([
  [{ mcnemarP: 0.03, top1DeltaInterval: [-2, -0.1] }, 0, 0.03],
  // Centre 1.96, standard error 1: R: 2 * pnorm(-1.96)
  [{ mcnemarP: 0.03, top1DeltaInterval: [2 - 1.959964, 2 + 1.959964] }, 0.040036, 0.05],
  [{ mcnemarP: 0.03, top1DeltaInterval: [-1, 1.2] }, 0.5, 1],
  [{}, 0, undefined],
])('points %j beyond %d: p %s', (difference, margin, p) => {
  const found = pointsOutsideZoneP(difference, margin);
  if (p === undefined) expect(found).toBeUndefined();
  else expect(found).toBeCloseTo(p, 6);
});

/** Normal deviates by Box and Muller. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** 210 trials whose files differ in nothing that takes time: six sessions each, the 95 % t-interval over them. */
function controls(seed: string, spread: number, time: number): RunView {
  const random = createRandom(seed);
  const trials = Array.from({ length: 210 }, (_, index) => {
    const logs = Array.from({ length: 6 }, () => spread * normal(random));
    const mean = logs.reduce((sum, value) => sum + value, 0) / 6;
    const error = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 30);
    // R: qt(0.975, 5)
    const half = 2.570582 * error;
    const ratioInterval: [number, number] = [Math.exp(mean - half), Math.exp(mean + half)];
    return trial(
      { recipe: `r${index}` },
      { latency: [latency({ ratio: Math.exp(mean), ratioInterval, sessionRatios: logs.map(Math.exp) })] },
    );
  });
  const view = run(trials);
  return { ...view, sweep: { ...view.sweep, indifference: { time, top1: 0 } } };
}
const coloured = (view: RunView): number => {
  const { latency: verdictOf } = compareRun(view);
  return view.trials.filter((each) => ['gain', 'loss'].includes(verdictOf(each, target)!.verdict)).length;
};

describe('210 trials that change nothing', () => {
  const matrices = Array.from({ length: 60 }, (_, index) => `matrix ${index}`);
  it('even without a zone, at most one matrix in twenty has a coloured cell, where the intervals alone would colour ten in each', () => {
    const views = matrices.map((seed) => controls(seed, 0.003, 0));
    const alone = views[0]!.trials.filter(({ metrics }) => {
      const [low, high] = metrics.latency[0]!.ratioInterval;
      return low > 1 || high < 1;
    });
    expect(alone.length).toBeGreaterThan(4);
    // Expected 3 of 60; 8 is three standard deviations above.
    expect(views.filter((view) => coloured(view) > 0).length).toBeLessThanOrEqual(8);
  });
  it('with the zone of 1 % none has', () => {
    expect(matrices.filter((seed) => coloured(controls(seed, 0.005, 0.01)) > 0)).toEqual([]);
  });
});

describe('compareRun', () => {
  it('adjusts over all trials and targets but baselines, hidden or not', () => {
    const clear = {
      ratio: 0.9,
      ratioInterval: [0.88, 0.92] as [number, number],
      sessionRatios: [0.9, 0.905, 0.895, 0.9],
    };
    const noise = { ratio: 1, ratioInterval: [0.9, 1.1] as [number, number], sessionRatios: [0.9, 1.1, 1, 1] };
    const view = run([
      trial({ recipe: 'baseline' }, { latency: [latency(noise)] }),
      trial({ recipe: 'a' }, { latency: [latency(clear), latency({ ...noise, target: 'ort-cpu x2' })] }),
      ...Array.from({ length: 8 }, (_, index) => trial({ recipe: `n${index}` }, { latency: [latency(noise)] })),
    ]);
    const compared = compareRun(view);
    expect(compared.among.latency).toBe(10);
    const raw = ratioOutsideZoneP(clear.sessionRatios, 0.01);
    expect(compared.latency(view.trials[1]!, target)).toMatchObject({ verdict: 'gain', adjustedP: 10 * raw });
    expect(compared.latency(view.trials[0]!, target)!.verdict).toBe('control');
  });

  it('judges top-1 by McNemar over all trials and runtimes', () => {
    const lost = { n: 1000, top1: 70, top1Delta: -2, top1DeltaInterval: [-3, -1] as [number, number], mcnemarP: 0.03 };
    const alone = run([trial({ recipe: 'a' }, lost)]);
    expect(compareRun(alone).top1(alone.trials[0]!, 'ort-cpu')!.verdict).toBe('loss');
    const even = { ...lost, top1Delta: 0, top1DeltaInterval: [-1, 1] as [number, number], mcnemarP: 1 };
    const many = run([trial({ recipe: 'a' }, lost), trial({ recipe: 'b' }, even)]);
    expect(compareRun(many).top1(many.trials[0]!, 'ort-cpu')).toMatchObject({ verdict: 'unclear', adjustedP: 0.06 });
    const deployed = trial(
      { recipe: 'a' },
      {
        deployments: [
          { runtime: 'ort-cpu', format: 'onnx', ...lost },
          { runtime: 'ort-web', format: 'onnx', ...even },
        ],
      },
    );
    const view = run([deployed]);
    view.sweep.targets = [
      { runtime: 'ort-cpu', threads: 1 },
      { runtime: 'ort-web', threads: 1 },
    ];
    const compared = compareRun(view);
    expect(compared.among.top1).toBe(2);
    expect(compared.top1(deployed, 'ort-web')!.text).toBe('0.0');
    expect(compared.top1(deployed, 'ort-cpu')!.text).toBe('−2.0');
  });
});
