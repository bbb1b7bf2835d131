import { describe, expect, it } from 'vitest';
import { classBalance } from '@shared/class-balance';
import { classMapping } from '../../../src/main/engine/dataset/class-mapping';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import type { Split } from '../../../src/shared/dataset';
import { balanceText, duplicatesText } from '../../../src/cli/dataset-text';
import { classAdvice } from '../../../src/renderer/sweep/class-advice';

const set = <S extends Split>(split: S, labels: number[]): ImageSet<S> => ({
  split,
  alreadyResized: false,
  entries: labels.map((label, at) => ({ path: `${split}${at}`, hash: `${split}${at}`, label })),
});
const folders = {
  eval: set('eval', [0, 0, 0, 1, 2, -1]),
  calibration: set('calibration', [0, 2]),
  train: set('train', []),
  labelNames: ['Dog', 'fich', 'cat'],
};
const card = { name: 'pets', labelNames: ['cat', 'dog', 'fish'], output: { name: 'scores', classes: 3 } };

describe('class mapping', () => {
  const mapping = classMapping(folders, card);

  it('shows what each class is by number and by name, and the nearest name', () => {
    expect(mapping).toMatchObject({ model: 'pets', classes: 3, namesKnown: true, sameList: false });
    expect(mapping.rows).toEqual([
      { label: 0, name: 'Dog', images: 4, byNumber: 'cat', byName: 'dog', near: undefined },
      { label: 1, name: 'fich', images: 1, byNumber: 'dog', byName: undefined, near: 'fish' },
      { label: 2, name: 'cat', images: 2, byNumber: 'fish', byName: 'cat', near: undefined },
    ]);
  });

  it('warns where numbers mean other classes, and offers names', () => {
    const advice = classAdvice(mapping, undefined)!;
    expect(advice).toMatchObject({ isWrong: true, suggestsNames: true });
    expect(advice.sentence).toBe('By number, 3 of 3 classes are others to pets: “Dog” is “cat” there.');
    expect(advice.unmatched.map(({ name }) => name)).toEqual(['fich']);
  });

  it('says by name what is known and what is left out', () => {
    expect(classAdvice(mapping, 'by-name')).toMatchObject({
      isWrong: false,
      sentence: '2 of 3 classes are known to pets by name; images of the others are left out.',
    });
  });

  it('is silent where both follow the same list, or names agree', () => {
    const imagenet = { ...folders, labels: 'imagenet-1k', labelNames: undefined };
    const network = { name: 'net', labels: 'imagenet-1k', output: { name: 'scores', classes: 1000 } };
    expect(classAdvice(classMapping(imagenet, network), undefined)).toBeUndefined();
    const same = classMapping(folders, { ...card, labelNames: folders.labelNames });
    expect(classAdvice(same, undefined)).toBeUndefined();
  });

  it('warns of numbers beyond the network where nobody names classes', () => {
    const nameless = { name: 'net', output: { name: 'scores', classes: 2 } };
    expect(classAdvice(classMapping(folders, nameless), undefined)?.sentence).toBe(
      '1 of 3 classes have numbers that net, with 2 classes, does not know.',
    );
  });
});

describe('class balance', () => {
  const count = (label: number, evaluation: number) => ({
    label,
    name: `c${label}`,
    images: { eval: evaluation, calibration: 0, train: 0 },
  });

  it.each([
    [[3, 1, 2], { least: 1, most: 3, median: 2, present: 3 }],
    [[4, 1, 2, 0, 3], { least: 1, most: 4, median: 2.5, present: 4 }],
    [[7], { least: 7, most: 7, median: 7, present: 1 }],
  ])('of %j', (counts, expected) => {
    expect(
      classBalance(
        counts.map((images, label) => count(label, images)),
        'eval',
      ),
    ).toMatchObject(expected);
  });

  it('is none without labelled images', () => {
    expect(classBalance([], 'eval')).toBeUndefined();
    expect(classBalance([count(0, 0)], 'eval')).toBeUndefined();
  });

  it('reads in the terminal', () => {
    expect(balanceText({ classCounts: [count(0, 5), count(1, 2)], classes: 3 })).toBe(
      '  per class    2 to 5 images for evaluation (median 3.5); fewest: c1 2, c0 5\n' +
        '  absent       1 of 3 classes have no evaluation image\n',
    );
    expect(balanceText({ classCounts: [count(0, 5), count(1, 5)], classes: 2 })).toBe(
      '  per class    5 images for evaluation (median 5)\n',
    );
    const duplicates = { within: 1, between: 0, groups: 1, examples: [['a.jpg', 'b.jpg']] };
    expect(duplicatesText({ duplicates })).toBe(
      '  duplicates   1 within a split, 0 in an earlier split too; each is used once\n               a.jpg = b.jpg\n',
    );
  });
});
