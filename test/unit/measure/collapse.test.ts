import { describe, expect, test } from 'vitest';
import type { TrialMetrics } from '@shared/metrics';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { collapseCauses, type AppliedStep } from '../../../src/main/engine/techniques/explain-collapse';
import { collapseOf } from '../../../src/main/engine/measure/explain/collapse';
import { starvedLayer } from '../../../src/main/engine/measure/file/starved-layer';
import { attr, float32Tensor, int8Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

interface Trial {
  steps: AppliedStep[];
  metrics: Pick<TrialMetrics, 'top1' | 'top1Delta' | 'starvedLayer'>;
  baselineTop1: number | undefined;
  calibrationImages: number;
}

const trial = (changes: Partial<Trial> = {}): Trial => ({
  steps: [{ technique: 'quantize.static', params: { weights: 'tensor' } }],
  metrics: { top1: 10, top1Delta: -69 },
  baselineTop1: 79,
  calibrationImages: 256,
  ...changes,
});
function explain({ steps, metrics, baselineTop1, calibrationImages }: Trial): string | undefined {
  const causes = collapseCauses(checkRecipe(steps), { starvedLayer: metrics.starvedLayer, calibrationImages });
  return collapseOf({ metrics, baselineTop1, classes: 1000, steps: steps.length, causes });
}
const starved = { node: 'block0.depthwise', channels: 30, of: 32 };

test.each([
  ['20 points are not more than 20', trial({ metrics: { top1: 59, top1Delta: -20 } })],
  ['without labels nothing is known', trial({ metrics: {} })],
  ['a weak network that was weak before', trial({ metrics: { top1: 5, top1Delta: -1 }, baselineTop1: 6 })],
  ['right half of the time is no guess among 1,000 classes', trial({ metrics: { top1: 50, top1Delta: -19 } })],
])('no collapse: %s', (_, given) => expect(explain(given)).toBeUndefined());

test.each<[string, Partial<Trial>, RegExp]>([
  [
    'starved channels',
    { metrics: { top1: 10, top1Delta: -69, starvedLayer: starved } },
    /^it lost 69.0 points; .*30 of 32 channels of "block0.depthwise".*put equalize before/,
  ],
  [
    'starved channels in spite of equalization',
    {
      metrics: { top1: 10, top1Delta: -69, starvedLayer: starved },
      steps: [{ technique: 'equalize', params: {} }, ...trial().steps],
    },
    /use one scale per channel$/,
  ],
  ['one scale a layer without equalization', {}, /without equalization/],
  ['few images', { calibrationImages: 1 }, /ranges come from 1 image: /],
  ['pruning', { steps: [{ technique: 'prune.magnitude', params: { amount: 0.9 } }] }, /took 90 % of the weights/],
  [
    'channels without refit',
    { steps: [{ technique: 'prune.channels', params: { importance: 'l1', refit: false } }] },
    /nothing made up for them: leave refit on$/,
  ],
  [
    'channels by their weights',
    { steps: [{ technique: 'prune.channels', params: { importance: 'l1', refit: true } }] },
    /chosen by l1, .*use importance activation$/,
  ],
  [
    'channels of all layers alike',
    { steps: [{ technique: 'prune.channels', params: { importance: 'activation', allocation: 'uniform' } }] },
    /the same share of its channels/,
  ],
  [
    'too many channels',
    { steps: [{ technique: 'prune.channels', params: { importance: 'activation', allocation: 'global' } }] },
    /prune.channels took more than this network can spare/,
  ],
  [
    'a pattern everywhere',
    { steps: [{ technique: 'prune.secondOrder', params: { pattern: '2:4' } }] },
    /the pattern 2:4 takes from every place alike/,
  ],
  ['low rank', { steps: [{ technique: 'factorize', params: {} }] }, /factorize took more than this network can spare/],
  ['few bits', { steps: [{ technique: 'quantize.weights', params: { bits: 2 } }] }, /2-bit weights/],
  [
    'weights rounded to the nearest value',
    { steps: [{ technique: 'cluster.weights', params: { clusters: 32, rounding: 'nearest' } }] },
    /cluster.weights rounded each weight for itself: use second-order rounding/,
  ],
  [
    'a network that guesses from the start',
    { metrics: { top1: 0.1 }, baselineTop1: 0.1, steps: [] },
    /^it guesses; .*preprocessing/,
  ],
  ['nothing known', { steps: [{ technique: 'fp16', params: {} }] }, /no single cause stands out$/],
])('%s', (_, changes, sentence) => expect(explain(trial(changes))).toMatch(sentence));

test('pruning with compensation is not blamed', () => {
  const steps = [
    { technique: 'prune.magnitude', params: { amount: 0.9 } },
    { technique: 'correctBias', params: {} },
  ];
  expect(explain(trial({ steps }))).toMatch(/no single cause/);
});

describe('starved layer', () => {
  const network = (scales: number[], group: number) =>
    makeGraph({
      inputs: [makeValue('x', 'float32', [1, 2, 4, 4])],
      outputs: [makeValue('y', 'float32', [1, 2, 4, 4])],
      nodes: [
        makeNode('DequantizeLinear', ['codes', 'scale'], ['w'], scales.length > 1 ? { axis: attr.int(0) } : {}),
        makeNode('Conv', ['x', 'w'], ['y'], { group: attr.int(group) }, 'depthwise'),
      ],
      initializers: {
        codes: int8Tensor([2, 1, 1, 2], [127, -4, 3, -2]),
        scale: float32Tensor(scales.length > 1 ? [2] : [], scales),
      },
    });

  test('counts channels with at most 3 steps', () => {
    expect(starvedLayer(network([0.1], 2))).toEqual({ node: 'depthwise', channels: 1, of: 2 });
  });

  test('only depthwise layers with one scale', () => {
    expect(starvedLayer(network([0.1, 0.1], 2))).toBeUndefined();
    expect(starvedLayer(network([0.1], 1))).toBeUndefined();
  });
});
