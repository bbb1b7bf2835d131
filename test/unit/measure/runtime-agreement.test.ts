import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { runtimeAgreement } from '../../../src/main/engine/measure/accuracy/runtime-agreement';

interface Image {
  hash?: string;
  top: number[];
  outputs?: number[];
}
const predictions = (images: Image[]): Predictions => ({
  n: images.length,
  classes: 10,
  topK: images.map(({ top }) => top),
  ...(images.every(({ outputs }) => outputs) && { outputs: images.map(({ outputs }) => outputs!) }),
  labels: images.map(() => -1),
  hashes: images.map(({ hash }, index) => hash ?? `h${index}`),
  skipped: 0,
});

describe('runtimeAgreement', () => {
  const reference = predictions([
    { top: [3, 1, 2], outputs: [8, 4, 1] },
    { top: [5, 4, 0], outputs: [-2, -3, -10] },
  ]);

  it('counts equal first classes and takes the largest difference of a class, wherever it ranks', () => {
    const own = predictions([
      { top: [3, 2, 1], outputs: [8.5, 2, 3.75] },
      { top: [4, 5, 7], outputs: [-1.5, -2.25, -9] },
    ]);
    // Differences: 0.5, 1 (class 2), 0.25; 1.5 (class 4), 0.25; class 7 is in one alone. The largest score is -10.
    expect(runtimeAgreement(own, reference)).toEqual({
      n: 2,
      agreement: 50,
      largestDifference: 1.5,
      largestRelativeDifference: 1.5 / 8,
    });
    expect(runtimeAgreement(own, reference, 0.25)).toEqual({
      n: 2,
      agreement: 50,
      largestDifference: 1.5,
      largestDifferenceSteps: 6,
    });
  });

  it('goes by the images that both answered, in any order', () => {
    const own = predictions([
      { hash: 'h1', top: [5], outputs: [-2] },
      { hash: 'other', top: [3], outputs: [0] },
    ]);
    expect(runtimeAgreement(own, reference)).toMatchObject({ n: 1, agreement: 100, largestDifference: 0 });
    expect(runtimeAgreement(predictions([]), reference)).toMatchObject({ n: 0, agreement: 0, largestDifference: 0 });
  });

  it('says nothing of scores that were not kept or are no numbers', () => {
    const bare = predictions([{ top: [3] }, { top: [5] }]);
    expect(runtimeAgreement(bare, reference)).toEqual({ n: 2, agreement: 100 });
    // An infinite score is null once it was stored.
    const stored = predictions([
      { top: [3], outputs: [null as unknown as number] },
      { top: [], outputs: [] },
    ]);
    expect(runtimeAgreement(stored, reference)).toEqual({
      n: 2,
      agreement: 50,
      largestDifference: 0,
      largestRelativeDifference: 0,
    });
  });

  it('is none between equal answers, and the same both ways', () => {
    const image = fc.record({
      top: fc.constantFrom<number[]>([0, 1, 2], [2, 1, 0], [1, 3, 4]),
      outputs: fc.tuple(fc.float({ noNaN: true }), fc.float({ noNaN: true }), fc.float({ noNaN: true })),
    });
    const same = (made: readonly { top: number[]; outputs: number[] }[]): Predictions => predictions([...made]);
    fc.assert(
      fc.property(fc.array(fc.tuple(image, image), { minLength: 1 }), (pairs) => {
        const [one, other] = [same(pairs.map(([first]) => first)), same(pairs.map(([, second]) => second))];
        expect(runtimeAgreement(one, one)).toMatchObject({ agreement: 100, largestDifference: 0 });
        const [there, back] = [runtimeAgreement(one, other, 1), runtimeAgreement(other, one, 1)];
        expect(there).toEqual(back);
      }),
    );
  });
});
