import { describe, expect, it } from 'vitest';
import type { Evidence } from '@shared/presenter/explain/evidence';
import { explainEvidence, explainTrial, rules } from '@shared/presenter/explain/explain';
import { comparePoints, compareRatio, type Comparison } from '@shared/presenter/comparison';
import { presentRun } from '@shared/presenter/reading';
import { latency, run, target, trial } from '../matrix/trials';

const ratio = (value: number, low: number, high: number): Comparison =>
  compareRatio({ value, interval: [low, high], among: 1 }, [1 / 1.01, 1.01]);
const slower = ratio(2.3, 2.2, 2.4);
const unclear = ratio(1, 0.97, 1.03);
const faster = ratio(0.5, 0.48, 0.52);
const lost = comparePoints({ value: -69, interval: [-72, -66], among: 1 }, [0, 0], 1000);
const kept = comparePoints({ value: -0.1, interval: [-1, 0.8], among: 1 }, [0, 0], 1000);
const floats = { layers: 0, dynamicConvolutions: 0 };
const whole = { sizeBytes: 14e6, params: 100, nonZeroParams: 100, macs: 300, integerKernels: floats };
const ragged = { layers: 3, node: 'dw1', channels: 376, multipleOf: 16 };

/** Each rule on its evidence, and on evidence that lacks one thing. */
const cases: { id: string; fires: Evidence; says: string; not: Evidence[] }[] = [
  {
    id: 'shared-depthwise-scale',
    fires: { own: { ...whole, starvedLayer: { node: 'dw', channels: 30, of: 32 } }, reference: whole, top1: lost },
    says: 'the depthwise layer "dw" leaves 30 of its 32 channels at most 3 of 127 steps: top-1 −69.0 [−72.0, −66.0].',
    not: [
      { own: whole, reference: whole, top1: lost },
      { own: { ...whole, starvedLayer: { node: 'dw', channels: 30, of: 32 } }, reference: whole, top1: kept },
    ],
  },
  {
    id: 'dynamic-convolutions',
    fires: {
      own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 52 } },
      reference: whole,
      time: slower,
    },
    says: '52 convolutions quantize their inputs while they run (ConvInteger), in slow kernels: time ×2.30 [2.20, 2.40].',
    not: [
      { own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 52 } }, reference: whole, time: faster },
      { own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 0 } }, reference: whole, time: slower },
      { own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 52 } }, reference: whole },
    ],
  },
  {
    id: 'ragged-depthwise',
    fires: {
      own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 0, raggedDepthwise: ragged } },
      reference: whole,
      time: faster,
    },
    says: '3 depthwise layers ("dw1" with 376 channels is the first) have no multiple of 16 channels and run slowly',
    not: [
      { own: { ...whole, integerKernels: { layers: 53, dynamicConvolutions: 0 } }, reference: whole, time: faster },
    ],
  },
  {
    id: 'dense-masks',
    fires: { own: { ...whole, nonZeroParams: 40, sizeBytes: 7e6 }, reference: whole, time: unclear },
    says: '60 % of the weights are zero, but kernels multiply zeros too: the file is ×0.50, the time ×1.00 [0.97, 1.03].',
    not: [
      { own: { ...whole, nonZeroParams: 40 }, reference: whole, time: faster },
      // Channels are gone as well: what is left is not the same work.
      { own: { ...whole, nonZeroParams: 40, macs: 150 }, reference: whole, time: unclear },
      { own: { ...whole, nonZeroParams: 95 }, reference: whole, time: unclear },
      // The network had these zeros before.
      { own: { ...whole, nonZeroParams: 40 }, reference: { ...whole, nonZeroParams: 45 }, time: unclear },
    ],
  },
  {
    id: 'decoded-at-load',
    fires: {
      own: { ...whole, sizeBytes: 1.4e6 },
      reference: whole,
      time: unclear,
      latency: latency({ coldStartMs: 50 }),
      referenceLatency: latency({ coldStartMs: 40 }),
    },
    says: 'The file is ×0.10 and runs in the same float kernels as before: time ×1.00 [0.97, 1.03], starting takes 50.0 ms (before: 40.0 ms).',
    not: [
      { own: { ...whole, sizeBytes: 1.4e6 }, reference: whole, time: faster },
      { own: { ...whole, sizeBytes: 1.4e6, macs: 290 }, reference: whole, time: unclear },
      { own: whole, reference: whole, time: unclear },
      { own: { ...whole, sizeBytes: 1.4e6 }, reference: whole },
      {
        own: { ...whole, sizeBytes: 1.4e6, integerKernels: { ...floats, layers: 53 } },
        reference: whole,
        time: unclear,
      },
      // An earlier version did not look.
      { own: { ...whole, sizeBytes: 1.4e6, integerKernels: undefined }, reference: whole, time: unclear },
    ],
  },
  {
    id: 'slow-start',
    fires: {
      own: whole,
      reference: whole,
      latency: latency({ coldStartMs: 300, p50Ms: 5.6 }),
      referenceLatency: latency({ coldStartMs: 100 }),
    },
    says: 'Starting takes 300 ms, 3.0 times as long as before (100 ms)',
    not: [
      {
        own: whole,
        reference: whole,
        latency: latency({ coldStartMs: 140 }),
        referenceLatency: latency({ coldStartMs: 100 }),
      },
      {
        own: whole,
        reference: whole,
        latency: latency({ coldStartMs: 20 }),
        referenceLatency: latency({ coldStartMs: 5 }),
      },
      { own: whole, reference: whole, latency: latency({ coldStartMs: 300 }) },
    ],
  },
  {
    id: 'disturbed-time',
    fires: {
      own: whole,
      reference: whole,
      time: unclear,
      latency: latency({ disturbance: { p99OverP50: 1.2, roundSpread: 0.01, otherCpuShare: 0.4 } }),
    },
    says: 'The measurement was disturbed: other processes took 40 % of the processor. That may be why the time ×1.00 [0.97, 1.03] is not clear',
    not: [
      {
        own: whole,
        reference: whole,
        time: unclear,
        latency: latency({ disturbance: { p99OverP50: 1.2, roundSpread: 0.01 } }),
      },
      {
        own: whole,
        reference: whole,
        time: faster,
        latency: latency({ disturbance: { p99OverP50: 9, roundSpread: 0.01 } }),
      },
    ],
  },
];
const fired = (evidence: Evidence): string[] => explainEvidence(evidence).map(({ id }) => id);

describe('explanations', () => {
  it('have a case for every rule', () => {
    expect(cases.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
  });
  it.each(cases)('$id is said on its evidence, with its numbers, and by itself', ({ id, fires, says }) => {
    expect(fired(fires)).toEqual([id]);
    const { sentence } = explainEvidence(fires)[0]!;
    expect(sentence).toContain(says);
    expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
  });
  it.each(cases.flatMap(({ id, not }) => not.map((evidence, index) => ({ id, index, evidence }))))(
    '$id is not said where something of it is missing ($index)',
    ({ id, evidence }) => {
      expect(fired(evidence)).not.toContain(id);
    },
  );
  it('say nothing of what nothing is known of', () => {
    expect(explainEvidence({ own: {}, reference: {} })).toEqual([]);
  });
  it('rest on the verdicts of the run and say nothing of its baselines', () => {
    const baseline = trial(
      { recipe: 'baseline' },
      { ...whole, latency: [latency({ ratio: 1, ratioInterval: [1, 1] })] },
    );
    const masked = trial(
      { recipe: 'masked' },
      { ...whole, nonZeroParams: 30, latency: [latency({ ratio: 1, ratioInterval: [0.99, 1.02] })] },
    );
    const presentation = presentRun(run([baseline, masked]));
    expect(explainTrial(presentation, masked, target).map(({ id }) => id)).toEqual(['dense-masks']);
    expect(explainTrial(presentation, baseline, target)).toEqual([]);
  });
});
