import { describe, expect, test } from 'vitest';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import { stepImages } from '../../../src/main/engine/dataset/step-images';

const set = <S extends 'calibration' | 'train'>(split: S, labels: number[]): ImageSet<S> => ({
  split,
  alreadyResized: split === 'calibration',
  entries: labels.map((label, index) => ({ path: `${split}/${index}`, hash: `${split} ${index}`, label })),
});
const card = { name: 'net', labelNames: ['dog', 'cat'] };
const names = { byName: true, labelNames: ['cat', 'dog', 'elk'] };

describe('images of a step', () => {
  test('that trains are the calibration images where nobody gives others', () => {
    const dataset = { calibration: set('calibration', [1, 0]), train: set('train', []) };
    expect(stepImages('train', dataset, card)).toEqual({ ...dataset.calibration, split: 'train' });
    expect(stepImages('calibration', dataset, card)).toBe(dataset.calibration);
  });

  test('that trains are the training images where there are any', () => {
    const dataset = { calibration: set('calibration', [1, 0]), train: set('train', [0]) };
    expect(stepImages('train', dataset, card)).toEqual(dataset.train);
  });

  test("that trains have the network's class numbers where they go by name; calibration needs none", () => {
    const dataset = { ...names, calibration: set('calibration', [0, 1, 2]), train: set('train', [0, 1, 2, -1]) };
    expect(stepImages('train', dataset, card).entries.map(({ label }) => label)).toEqual([1, 0, -1]);
    expect(stepImages('calibration', dataset, card)).toBe(dataset.calibration);
  });
});
