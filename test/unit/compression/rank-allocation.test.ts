import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allocateLoss,
  allocateMacs,
  lowerHull,
  type LayerOption,
} from '../../../src/main/engine/compression/factorization/rank-allocation';

const option = (macs: number, loss: number): LayerOption => ({ macs, loss });

test('the hull leaves out what a mixture of two others beats', () => {
  const options = [option(100, 0), option(80, 0.5), option(60, 0.2), option(40, 0.9), option(20, 1), option(20, 2)];
  expect(lowerHull(options)).toEqual([option(100, 0), option(60, 0.2), option(20, 1)]);
  expect(lowerHull([option(10, 0)])).toEqual([option(10, 0)]);
  expect(lowerHull([option(10, 0), option(5, 0)])).toEqual([option(5, 0)]);
});

describe('by hand', () => {
  const layers = [
    [option(100, 0), option(50, 0.1), option(25, 0.6)],
    [option(100, 0), option(50, 0.4), option(25, 0.5)],
  ];

  test.each([
    [0, [100, 100]],
    [-5, [100, 100]],
    [10, [50, 100]],
    [60, [50, 25]],
    [130, [25, 25]],
    [1000, [25, 25]],
  ])('%i MACs saved', (wanted, macs) => {
    expect(allocateMacs(layers, wanted).map((each) => each.macs)).toEqual(macs);
  });

  test('the cheapest within a loss, or else the one that loses least', () => {
    expect(allocateLoss(layers, 0.45).map(({ macs }) => macs)).toEqual([50, 50]);
    expect(allocateLoss([[option(9, 0.3), option(8, 0.4)]], 0.1)).toEqual([option(9, 0.3)]);
  });
});

test('saves what is asked, or all there is; never loses more than taking whole layers in any order would need', () => {
  const layer = fc.array(
    fc.record({ macs: fc.integer({ min: 1, max: 99 }), loss: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 500 }), (parts, wanted) => {
      const layers = parts.map((options) => [option(100, 0), ...options]);
      const chosen = allocateMacs(layers, wanted);
      chosen.forEach((each, at) => expect(layers[at]).toContainEqual(each));
      const saved = chosen.reduce((sum, each) => sum + 100 - each.macs, 0);
      const most = layers.reduce((sum, options) => sum + 100 - Math.min(...options.map((each) => each.macs)), 0);
      expect(saved).toBeGreaterThanOrEqual(Math.min(wanted, most));
    }),
  );
});
