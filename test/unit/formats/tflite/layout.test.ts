import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axesInMemory,
  layoutOf,
  moveTo,
  transposed,
  type Layout,
} from '../../../../src/main/engine/formats/tflite/convert/layout';
import { elementsOf, permute } from '../../../../src/main/engine/formats/tflite/convert/value';

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
const ordered: Arbitrary<[number[], number[]]> = shapes.chain((shape) => {
  const axes = range(shape.length);
  return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length }));
});

/** Memory that holds the numbers 0, 1, ... of a row-major value in this layout. */
function memoryOf({ sizes, order }: Layout): number[] {
  return [...permute(Int32Array.from(range(elementsOf(sizes))), sizes, order)];
}

/** What memory holds after the move. */
function moved(memory: number[], move: ReturnType<typeof moveTo>): number[] {
  if (move === 'as it is' || !move) return memory;
  return [...permute(Int32Array.from(memory), move.from, move.permutation)];
}

describe('the layout of a value', () => {
  it('is a run of pieces for each axis, of which those of size 1 do not exist', () => {
    expect(layoutOf([1, 3, 5, 4], [0, 2, 3, 1])).toEqual({ sizes: [3, 5, 4], order: [1, 2, 0] });
    expect(layoutOf([1, 3, 1, 1], [0, 2, 3, 1])).toEqual({ sizes: [3], order: [0] });
    expect(layoutOf([])).toEqual({ sizes: [], order: [] });
  });

  it('moves to any order of axes as a transposition does', () => {
    fc.assert(
      fc.property(ordered, fc.integer({ min: 0, max: 1e9 }), ([shape, axes], seed) => {
        const from = [...range(shape.length)].sort((a, b) => ((a * 7919 + seed) % 13) - ((b * 7919 + seed) % 13));
        const memory = memoryOf(layoutOf(shape, from));
        const wanted = memoryOf(layoutOf(shape, axes));
        expect(moved(memory, moveTo(layoutOf(shape, from), shape, axes))).toEqual(wanted);
      }),
    );
  });

  it('stays where it is in memory while its axes are permuted', () => {
    fc.assert(
      fc.property(ordered, ([shape, permutation]) => {
        const layout = layoutOf(shape);
        const after = transposed(layout, shape, permutation)!;
        const newShape = permutation.map((axis) => shape[axis]!);
        // Brought into its own rows, the memory is that of the transposed value.
        const rows = moved(range(elementsOf(shape)), moveTo(after, newShape, range(shape.length)));
        expect(rows).toEqual([...permute(Int32Array.from(range(elementsOf(shape))), shape, permutation)]);
      }),
    );
  });

  it('can be cut into other axes where their bounds fall on its own', () => {
    const nhwc = layoutOf([1, 6, 5, 4], [0, 2, 3, 1]);
    // A channel shuffle: the one transposition it needs is that of the two parts of the channels.
    const shuffled = transposed(nhwc, [1, 2, 3, 5, 4], [0, 2, 1, 3, 4])!;
    expect(moveTo(shuffled, [1, 6, 5, 4], [0, 2, 3, 1])).toEqual({ from: [20, 2, 3], permutation: [0, 2, 1] });
    expect(moveTo(layoutOf([2, 3], [1, 0]), [3, 2], [0, 1])).toBeUndefined();
    expect(moveTo(layoutOf([2, 3]), [3, 2], [0, 1])).toBe('as it is');
  });

  it('tells the order of its axes, and of none where an axis is scattered', () => {
    expect(axesInMemory(layoutOf([1, 6, 5, 4], [0, 2, 3, 1]), [1, 6, 5, 4])).toEqual([0, 2, 3, 1]);
    const shuffled = transposed(layoutOf([6, 5]), [2, 3, 5], [1, 0, 2])!;
    expect(axesInMemory(shuffled, [6, 5])).toBeUndefined();
    fc.assert(
      fc.property(ordered, ([shape, axes]) => {
        const found = axesInMemory(layoutOf(shape, axes), shape)!;
        expect(moveTo(layoutOf(shape, axes), shape, found)).toBe('as it is');
      }),
    );
  });
});
