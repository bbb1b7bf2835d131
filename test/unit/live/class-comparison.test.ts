import { describe, expect, it } from 'vitest';
import { imagenetNames } from '../../../src/main/engine/dataset/imagenet-classes';
import { compareClasses } from '../../../src/main/engine/live/compare-classes';
import { classOnSide, comparisonSentence } from '../../../src/shared/live/class-comparison';
import { modelCardSchema, type ModelCard } from '../../../src/shared/model-card';

function card(name: string, classes: number, names: Pick<ModelCard, 'labels' | 'labelNames'> = {}): ModelCard {
  return modelCardSchema.parse({
    name,
    ...names,
    input: { name: 'image', height: 8, width: 8 },
    output: { name: 'scores', classes },
    preprocess: { resize: 8, crop: 8, mean: [0, 0, 0], std: [1, 1, 1] },
  });
}
const named = (name: string, ...labelNames: string[]): ModelCard => card(name, labelNames.length, { labelNames });

describe('compareClasses', () => {
  it('goes by names, whatever their place, their case and their synonyms', () => {
    const first = named('a', 'tabby, tabby cat', 'Golden_Retriever', 'tench');
    const second = named('b', 'background', 'tench, Tinca tinca', 'golden retriever', 'tabby');
    expect(compareClasses(first, second)).toEqual({
      classOf: [3, 2, 1],
      note: '3 classes have the same name in both, of 3 and 4: any other answer counts as different.',
    });
    expect(comparisonSentence(compareClasses(second, first))).toContain('of 4 and 3');
    expect(compareClasses(second, first)).toMatchObject({ classOf: [null, 2, 1, 0] });
  });

  it('keeps classes of one name apart in lists that are alike', () => {
    const first = card('a', 1000, { labels: 'imagenet-1k' });
    const second = card('b', 1000, { labelNames: [...imagenetNames] });
    const crane = imagenetNames.lastIndexOf('crane');
    expect(imagenetNames.indexOf('crane')).toBeLessThan(crane);
    const comparison = compareClasses(first, second);
    expect(classOnSide(1, crane, comparison)).toBe(crane);
    expect(comparisonSentence(comparison)).toBeUndefined();
  });

  it('knows the classes of 1,001 that begin with the background', () => {
    const comparison = compareClasses(
      card('onnx', 1000, { labels: 'imagenet-1k' }),
      card('tflite', 1001, { labelNames: ['background', ...imagenetNames] }),
    );
    const crane = imagenetNames.lastIndexOf('crane');
    expect([0, 1, crane, 999].map((index) => classOnSide(1, index, comparison))).toEqual([1, 2, crane + 1, 1000]);
  });

  it('takes numbers where equally many classes have no names, and says so; not for one network on two targets', () => {
    const one = card('a', 3);
    expect(compareClasses(one, card('b', 3))).toEqual({
      classOf: [0, 1, 2],
      note: 'Answers are compared by class number: the models do not name their classes.',
    });
    expect(comparisonSentence(compareClasses(one, named('b', 'x', 'y', 'z')))).toContain('a does not name its classes');
    expect(compareClasses(one, structuredClone(one))).toEqual({ classOf: [0, 1, 2] });
  });

  it.each([
    ['another number of unnamed classes', card('a', 1000), card('b', 1001), 'they have 1000 and 1001 classes'],
    ['names on one side', named('a', 'x', 'y'), card('b', 3), 'b does not name its classes'],
    ['other names', named('a', 'x', 'y'), named('b', 'z', 'w'), 'no class has the same name'],
  ])('says why it cannot: %s', (_what, first, second, sentence) => {
    const comparison = compareClasses(first, second);
    expect(comparisonSentence(comparison)).toContain('cannot be compared');
    expect(comparisonSentence(comparison)).toContain(sentence);
    expect(classOnSide(1, 0, comparison)).toBeUndefined();
  });
});

describe('classOnSide', () => {
  it('leaves the first side its own numbers', () => {
    expect(classOnSide(0, 7, { problem: 'no' })).toBe(7);
    expect(classOnSide(1, 0, { classOf: [null, 4] })).toBeUndefined();
    expect(classOnSide(1, 1, { classOf: [null, 4] })).toBe(4);
    expect(classOnSide(1, undefined, { classOf: [0] })).toBeUndefined();
    expect(classOnSide(1, 9, { classOf: [0] })).toBeUndefined();
  });
});
