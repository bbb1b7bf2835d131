import { describe, expect, test } from 'vitest';
import type { LayerEffect, LayerSensitivity } from '@shared/sensitivity';
import { curvePoints, layerRows } from '../../../src/renderer/sensitivity/layer-rows';
import { sparingRecipe, sweepWithout } from '../../../src/renderer/sensitivity/without-layers';
import { sweepFileSchema } from '@shared/sweep-file';

const effect = (divergence: number, amount = 8, agreement = 100): LayerEffect => ({
  label: 'int8',
  amount,
  divergence,
  agreement,
  noise: divergence,
  sqnrDb: 20,
});
const layer = (name: string, ...effects: LayerEffect[]): LayerSensitivity => ({
  layer: name,
  op: 'Conv',
  weights: 10,
  effects,
});

describe('layer rows', () => {
  const layers = [layer('a', effect(0.1)), layer('b', effect(0.4)), layer('c', effect(0))];

  test('the worst comes first and has the full bar', () => {
    const rows = layerRows(layers, 'sensitivity');
    expect(rows.map((row) => [row.layer, row.bar])).toEqual([
      ['b', 1],
      ['a', 0.25],
      ['c', 0],
    ]);
  });

  test('or they stay as the network has them', () => {
    expect(layerRows(layers, 'network').map((row) => row.layer)).toEqual(['a', 'b', 'c']);
  });

  test('bars are empty where nothing changes the output', () => {
    expect(layerRows([layer('a', effect(0))], 'sensitivity')[0]!.bar).toBe(0);
  });

  test('a curve starts at full agreement with nothing pruned', () => {
    expect(curvePoints([effect(0, 0.5, 80), effect(0, 0.9, 0)], 100, 20)).toBe('0,0 50,4 90,20');
  });
});

describe('ticked layers', () => {
  const method = { kind: 'int8', params: { weights: 'tensor' } } as const;

  test('become the exclude list of the step', () => {
    expect(sparingRecipe(method, ['conv1', 'fc'])).toEqual({
      name: 'int8 per tensor without 2 layers',
      step: { technique: 'quantize.static', params: { weights: 'tensor', exclude: ['conv1', 'fc'] } },
      text: 'quantize.static{weights:tensor, exclude:[conv1, fc]}',
    });
  });

  test('make a sweep of one network with and without them', () => {
    const sweep = sweepFileSchema.parse({
      models: ['x', 'y'],
      dataset: { path: 'images' },
      recipes: { other: ['fp16'] },
    });
    const made = sweepWithout(sweep, 'x', method, ['fc']);
    expect(made.models).toEqual(['x']);
    expect(Object.keys(made.recipes)).toEqual(['baseline', 'int8 per tensor', 'int8 per tensor without 1 layer']);
    expect(sweepFileSchema.safeParse(made).success).toBe(true);
  });
});
