import { expect, test } from 'vitest';
import type { LayerSensitivity } from '@shared/sensitivity';
import { stepWithout, worstFirst, worstLayers } from '@shared/sensitivity-order';
import { formatRecipe } from '@shared/recipe-syntax';

const layers = (...divergences: number[]): LayerSensitivity[] =>
  divergences.map((divergence, at) => ({
    layer: `l${at}`,
    op: 'Conv',
    weights: 1,
    effects: [{ label: '', amount: 8, divergence, noise: divergence, sqnrDb: 0, agreement: 0 }],
  }));
const names = (list: LayerSensitivity[]): string[] => list.map(({ layer }) => layer);

test('worst first, equal ones in graph order', () => {
  expect(names(worstFirst(layers(1, 3, 1, 2)))).toEqual(['l1', 'l3', 'l0', 'l2']);
});

test.each([
  ['one layer makes nearly all', [0.1, 20, 0.1, 0.1], ['l1']],
  ['two make nine tenths', [5, 0.5, 5, 0.5], ['l0', 'l2']],
  ['never more than five', [1, 1, 1, 1, 1, 1, 1, 1], ['l0', 'l1', 'l2', 'l3', 'l4']],
  ['never all', [1, 1], ['l0']],
  ['nothing of a single layer', [1], []],
])('the worst: %s', (_title, divergences, expected) => {
  expect(names(worstLayers(layers(...divergences)))).toEqual(expected);
});

test('the step that leaves layers alone', () => {
  const text = (method: Parameters<typeof stepWithout>[0]): string => formatRecipe([stepWithout(method, ['a', 'b/c'])]);
  expect(text({ kind: 'int8', params: { weights: 'tensor', exclude: ['x'] } })).toBe(
    'quantize.static{weights:tensor, exclude:[x, a, b/c]}',
  );
  expect(text({ kind: 'bits', bits: [3] })).toBe('quantize.weights{bits:3, exclude:[a, b/c]}');
  expect(text({ kind: 'prune', amounts: [0.5] })).toBe('prune.magnitude{amount:0.5, exclude:[a, b/c]}');
});
