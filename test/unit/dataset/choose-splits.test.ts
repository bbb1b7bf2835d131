import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chooseSplits, takeStratified } from '../../../src/main/engine/dataset/choose-splits';
import type { ImageEntry } from '../../../src/main/engine/dataset/dataset';

const entry = (content: number, label: number, path = `/a/${content}.jpg`): ImageEntry => ({
  path,
  hash: createHash('sha256').update(String(content)).digest('hex'),
  label,
});
/** Pools where contents repeat, inside a pool and between pools. */
const pool = fc
  .array(fc.tuple(fc.nat(60), fc.nat(5)), { maxLength: 80 })
  .map((pairs) => pairs.map(([content, label], index) => entry(content, label, `/p/${index}.jpg`)));
const wanted = fc.record({ eval: fc.nat(30), calibration: fc.nat(30), train: fc.nat(30) });
const hashes = (entries: readonly ImageEntry[]): string[] => entries.map((item) => item.hash);

describe('splits', () => {
  test('are disjoint and hold each content once, wherever copies lie', () => {
    const pools = fc.record({ eval: pool, calibration: pool, train: pool }, { requiredKeys: [] });
    fc.assert(
      fc.property(pools, wanted, fc.nat(), (given, counts, seed) => {
        const { chosen } = chooseSplits(given, counts, seed);
        const all = hashes([...chosen.eval, ...chosen.calibration, ...chosen.train]);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  test('keep every image of an explicit eval folder in eval', () => {
    fc.assert(
      fc.property(pool, pool, fc.nat(), (evaluation, calibration, seed) => {
        const { chosen } = chooseSplits(
          { eval: evaluation, calibration },
          { eval: 0, calibration: 10, train: 0 },
          seed,
        );
        expect(new Set(hashes(chosen.eval))).toEqual(new Set(hashes(evaluation)));
        for (const hash of hashes(chosen.calibration)) expect(hashes(evaluation)).not.toContain(hash);
      }),
    );
  });

  test('depend on contents and labels, not on names or order', () => {
    fc.assert(
      fc.property(pool, wanted, fc.nat(), fc.infiniteStream(fc.nat()), (images, counts, seed, keys) => {
        const renamed = images
          .map((image) => ({
            image: { ...image, path: `/other/${Number(keys.next().value)}.png` },
            key: Number(keys.next().value),
          }))
          .sort((a, b) => a.key - b.key)
          .map((item) => item.image);
        const first = chooseSplits({ eval: images }, counts, seed).chosen;
        const second = chooseSplits({ eval: renamed }, counts, seed).chosen;
        for (const split of ['eval', 'calibration', 'train'] as const) {
          expect(second[split].map(({ hash, label }) => ({ hash, label }))).toEqual(
            first[split].map(({ hash, label }) => ({ hash, label })),
          );
        }
      }),
    );
  });

  test('take each class within one image of its exact share', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (classSizes, fraction, seed) => {
        const images = classSizes.flatMap((size, label) =>
          Array.from({ length: size }, (_, index) => entry(label * 1000 + index, label)),
        );
        const count = Math.floor(images.length * fraction);
        const { taken, rest } = takeStratified(images, count, seed);
        expect(taken).toHaveLength(count);
        expect(taken.length + rest.length).toBe(images.length);
        classSizes.forEach((size, label) => {
          const share = (count * size) / images.length;
          const got = taken.filter((image) => image.label === label).length;
          expect(Math.abs(got - share)).toBeLessThan(1);
        });
      }),
    );
  });

  test('change with the seed', () => {
    const images = Array.from({ length: 100 }, (_, index) => entry(index, 0));
    const of = (seed: number): string[] => hashes(takeStratified(images, 50, seed).taken).sort();
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test('take calibration from train, not from eval, where both have folders', () => {
    const evaluation = Array.from({ length: 10 }, (_, index) => entry(index, 0));
    const train = Array.from({ length: 20 }, (_, index) => entry(100 + index, 0));
    const result = chooseSplits({ eval: evaluation, train }, { eval: 0, calibration: 5, train: 15 }, 1);
    expect(result.chosen.eval).toHaveLength(10);
    expect(result.chosen.calibration).toHaveLength(5);
    expect(result.chosen.train).toHaveLength(15);
    expect(result.source).toEqual({ eval: 'eval', calibration: 'train', train: 'train' });
  });

  test('do not move calibration when other numbers change', () => {
    const images = Array.from({ length: 50 }, (_, index) => entry(index, index % 3));
    const few = chooseSplits({ eval: images }, { eval: 5, calibration: 10, train: 0 }, 1);
    const many = chooseSplits({ eval: images }, { eval: 30, calibration: 10, train: 8 }, 1);
    expect(hashes(few.chosen.calibration)).toEqual(hashes(many.chosen.calibration));
    expect(many.available).toEqual({ calibration: 50, train: 40, eval: 32 });
  });

  test('whose number nobody asked for leave the others of their pool what those want', () => {
    const images = Array.from({ length: 50 }, (_, index) => entry(index, index % 3));
    const counts = (evaluation: number): number[] => {
      const wanted = { eval: evaluation, calibration: 256, train: 5 };
      const { calibration, train, eval: left } = chooseSplits({ eval: images }, wanted, 1, ['calibration']).chosen;
      return [calibration.length, train.length, left.length];
    };
    expect(counts(20)).toEqual([25, 5, 20]);
    expect(counts(44)).toEqual([1, 5, 44]);
    // There are not as many: that is said of those that were asked for.
    expect(counts(60)).toEqual([1, 5, 44]);
    expect(counts(0)).toEqual([45, 5, 0]);
  });

  test('name a content with two labels, and keep the lowest', () => {
    const result = chooseSplits({ eval: [entry(1, 4), entry(1, 2)] }, { eval: 0, calibration: 0, train: 0 }, 1);
    expect(result.chosen.eval.map((image) => image.label)).toEqual([2]);
    expect(result.conflicting.map((image) => image.label)).toEqual([4]);
  });
});
