import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cubicShare, masksAt } from '../../../src/main/engine/compression/pruning/gradual-masks';
import { pruneMasks, type ScoredLayer } from '../../../src/main/engine/compression/pruning/prune-mask';
import { parsePattern, pruneUnits } from '../../../src/main/engine/compression/pruning/prune-pattern';
import { attr, float32Tensor, makeNode } from '../../../src/main/engine/onnx/make';

function scored(shape: number[], pattern: string, weights: ArrayLike<number>): ScoredLayer {
  const weight = float32Tensor(shape, weights);
  const layer = {
    node: makeNode('Conv', ['x', 'w'], ['y'], { group: attr.int(1) }),
    weightName: 'w',
    weight,
    channelAxis: 0,
  };
  return {
    scores: (weight.data as Float32Array).map(Math.abs),
    units: pruneUnits(parsePattern(pattern)!, layer),
  };
}

const onesOf = (masks: readonly Uint8Array[]): number =>
  masks.reduce((sum, mask) => sum + mask.reduce((ones, one) => ones + one, 0), 0);

test.each([
  [0, 8, 0],
  [2, 8, 1 - 0.75 ** 3],
  [4, 8, 0.875],
  [8, 8, 1],
  [9, 8, 1],
  [0, 0, 1],
])('after %d of %d steps: %d of the zeros', (step, steps, share) => expect(cubicShare(step, steps)).toBe(share));

describe('on the way', () => {
  const weights = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 36, maxLength: 36 });

  test.each(['unstructured', '2:4', '1:3', '2x2', 'row'])(
    '%s: ever more, and in the end those of pruning at once',
    (name) => {
      fc.assert(
        fc.property(weights, weights, fc.constantFrom('global', 'local'), (one, other, scope) => {
          const layers = [scored([6, 6, 1, 1], name, one), scored([4, 9, 1, 1], name, other)];
          const goal = { pattern: parsePattern(name)!, zeros: 36, scope };
          const shares = [0, 0.25, 0.6, 0.9, 1];
          const found = shares.map((share) => masksAt(layers, goal, share));
          expect(onesOf(found[0]!)).toBe(0);
          found.slice(1).forEach((masks, at) =>
            masks.forEach((mask, layer) =>
              // Of equal blocks another may go when more go.
              name === 'unstructured' || name.includes(':')
                ? expect(mask.every((one, index) => one >= found[at]![layer]![index]!)).toBe(true)
                : expect(onesOf([mask])).toBeGreaterThanOrEqual(onesOf([found[at]![layer]!])),
            ),
          );
          const atOnce =
            scope === 'global'
              ? pruneMasks(layers, goal.pattern, 36)
              : layers.flatMap((layer) => pruneMasks([layer], goal.pattern, 18));
          expect(found.at(-1)).toEqual(atOnce);
        }),
        { numRuns: 12 },
      );
    },
  );

  test('a share of the zeros of 2:4 are the smallest of those that go in the end, over all layers', () => {
    const layers = [scored([1, 4, 1, 1], '2:4', [1, 2, 3, 4]), scored([1, 4, 1, 1], '2:4', [-5, 6, 0.5, 7])];
    const goal = { pattern: parsePattern('2:4')!, zeros: 0, scope: 'global' } as const;
    expect(masksAt(layers, goal, 0.5).map((mask) => [...mask])).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ]);
    expect(masksAt(layers, { ...goal, scope: 'local' }, 0.5).map((mask) => [...mask])).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ]);
    expect(masksAt(layers, goal, 0.75).map((mask) => [...mask])).toEqual([
      [1, 1, 0, 0],
      [0, 0, 1, 0],
    ]);
  });

  test('unstructured: exactly the share, the smallest first', () => {
    const layers = [scored([2, 3, 1, 1], 'unstructured', [6, 5, 4, 3, 2, 1])];
    const goal = { pattern: parsePattern('unstructured')!, zeros: 4, scope: 'global' } as const;
    expect([...masksAt(layers, goal, 0.5)[0]!]).toEqual([0, 0, 0, 0, 1, 1]);
    expect([...masksAt(layers, goal)[0]!]).toEqual([0, 0, 1, 1, 1, 1]);
  });
});
