import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { top5Of } from '../../../src/main/engine/measure/accuracy/top-classes';

const of = (...values: number[]): ReturnType<typeof top5Of> => top5Of(Float32Array.from(values));

describe('top5Of', () => {
  it.each([
    { name: 'best first', values: [0, 5, 1, 4, 2, 3], classes: [1, 3, 5, 4, 2] },
    { name: 'ties go to the lower index', values: [1, 2, 2, 1, 2, 1, 2, 2], classes: [1, 2, 4, 6, 7] },
    { name: 'all equal', values: [0, 0, 0, 0, 0, 0, 0], classes: [0, 1, 2, 3, 4] },
    { name: 'fewer than five', values: [1, 3, 2], classes: [1, 2, 0] },
    { name: 'infinities', values: [-Infinity, 0, Infinity], classes: [2, 1, 0] },
    { name: 'positive and negative zero are equal', values: [-0, 0], classes: [0, 1] },
  ])('$name', ({ values, classes }) => {
    expect(of(...values)).toEqual({ classes, notNumbers: 0 });
  });

  it('never lets a value that is not a number win', () => {
    expect(of(NaN, -5, NaN, -7, -6)).toEqual({ classes: [1, 4, 3], notNumbers: 2 });
    expect(of(NaN, NaN)).toEqual({ classes: [], notNumbers: 2 });
  });

  it('reads only the classes it is told', () => {
    expect(top5Of(Float32Array.of(1, 2, 9), 2).classes).toEqual([1, 0]);
  });

  it('equals a stable sort', () => {
    const value = fc.oneof(fc.float(), fc.constantFrom(NaN, 0, 1, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), (values) => {
        const logits = Float32Array.from(values);
        const expected = [...logits.keys()]
          .filter((index) => !Number.isNaN(logits[index]))
          .sort((one, other) =>
            logits[one]! === logits[other]! ? one - other : logits[other]! > logits[one]! ? 1 : -1,
          )
          .slice(0, 5);
        expect(top5Of(logits).classes).toEqual(expected);
      }),
    );
  });
});
