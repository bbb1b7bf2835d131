import { describe, expect, test } from 'vitest';
import { imagesFor, matchNames } from '../../../src/main/engine/dataset/map-classes';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';

describe('classes by name', () => {
  test('names are the same in any case, with synonyms, and a name of two classes is none', () => {
    const imagenet = ['tench, Tinca tinca', 'crane', 'crane, bird', 'English springer'];
    expect(matchNames(['english_springer', 'Tench', 'crane', 'cat', 'bird'], imagenet)).toEqual([
      3,
      0,
      1,
      undefined,
      2,
    ]);
    expect(matchNames(['heron'], ['crane, heron', 'heron, gray'])).toEqual([undefined]);
  });

  const set: ImageSet<'eval'> = {
    split: 'eval',
    alreadyResized: false,
    entries: [0, 1, 2, -1].map((label) => ({ path: `${label}`, hash: `${label}`, label })),
  };
  const dataset = { path: 'pictures', labelNames: ['dog', 'cat', 'fish'], byName: true };
  const card = { name: 'pets', labelNames: ['Cat', 'Dog'] };

  test('images get the numbers of the model; those it does not know are left out', () => {
    expect(imagesFor(set, dataset, card).entries.map(({ label }) => label)).toEqual([1, 0, -1]);
  });

  test('nothing is matched unless it is asked for', () => {
    expect(imagesFor(set, { ...dataset, byName: false }, card)).toBe(set);
  });

  test.each([
    [{ ...dataset, labelNames: undefined }, card, 'the dataset does not name its classes'],
    [dataset, { name: 'pets' }, 'the model does not name its classes'],
    [dataset, { name: 'cars', labelNames: ['car', 'lorry'] }, 'no name is the same on both sides'],
  ])('%j %j', (ours, theirs, words) => {
    expect(() => imagesFor(set, ours, theirs)).toThrow(words);
  });
});
