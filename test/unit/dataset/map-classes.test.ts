import { describe, expect, test } from 'vitest';
import { imagesFor, knownClasses, matchNames } from '../../../src/main/engine/dataset/map-classes';
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

  const output = { name: 'scores', classes: 2 };
  const foreignFish = [{ label: 1 }, { label: 0 }, { foreign: 'fish' }, {}];

  test('a class is known by its name where both sides name theirs, though nobody asked for it', () => {
    expect(knownClasses(set, { ...dataset, byName: false }, { ...card, output })).toEqual(foreignFish);
    const found = imagesFor(set, dataset, card);
    expect(knownClasses(found, dataset, { ...card, output })).toEqual([{ label: 1 }, { label: 0 }, {}]);
  });

  test('else by its number, as far as the network has one', () => {
    const byNumber = [{ label: 0 }, { label: 1 }, { foreign: 'fish' }, {}];
    expect(knownClasses(set, { ...dataset, byName: false }, { output })).toEqual(byNumber);
    expect(knownClasses(set, {}, { ...card, output })[2]).toEqual({ foreign: '2' });
    const both = { labels: 'pets', labelNames: ['a', 'b', 'c'] };
    const pets = { labels: 'pets', labelNames: ['x', 'y', 'z'], output: { ...output, classes: 3 } };
    expect(knownClasses(set, both, pets)).toEqual([{ label: 0 }, { label: 1 }, { label: 2 }, {}]);
  });
});
