import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growingBlocks, splitEvaluation } from '../../../src/main/engine/dataset/evaluation-parts';
import { images } from '../sweep/sweeps';

const hashesOf = ({ entries }: { entries: readonly { hash: string }[] }): string[] =>
  entries.map(({ hash }) => hash).sort();

describe('splitEvaluation', () => {
  it('makes two disjoint halves of the same classes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), (count, seed) => {
        const all = images('eval', count);
        const { selection, confirmation } = splitEvaluation(all, seed);
        expect([...hashesOf(selection), ...hashesOf(confirmation)].sort()).toEqual(hashesOf(all));
        expect(selection.entries.length).toBe(Math.floor(count / 2));
        for (const label of [0, 1, 2, 3]) {
          const of = (set: typeof selection | typeof confirmation): number =>
            set.entries.filter((entry) => entry.label === label).length;
          expect(Math.abs(of(selection) - of(confirmation))).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it('goes by content and seed, whatever images are called and in which order they come', () => {
    const all = images('eval', 40);
    const renamed = {
      ...all,
      entries: all.entries.map((entry) => ({ ...entry, path: `/other/${entry.hash}` })).reverse(),
    };
    expect(hashesOf(splitEvaluation(renamed, 3).confirmation)).toEqual(hashesOf(splitEvaluation(all, 3).confirmation));
    expect(hashesOf(splitEvaluation(all, 4).confirmation)).not.toEqual(hashesOf(splitEvaluation(all, 3).confirmation));
  });

  it('cannot be mixed up', () => {
    const { confirmation } = splitEvaluation(images('eval', 8), 1);
    // @ts-expect-error what chooses takes no confirmation images
    const chosenOn: ReturnType<typeof splitEvaluation>['selection'] = confirmation;
    expect(chosenOn.split).toBe('eval');
  });
});

describe('growingBlocks', () => {
  it('uses every image once, in blocks of a quarter and the rest', () => {
    const { selection } = splitEvaluation(images('eval', 1000), 1);
    const blocks = growingBlocks(selection, 1);
    expect(blocks.map(({ entries }) => entries.length)).toEqual([125, 375]);
    expect(blocks.flatMap(hashesOf).sort()).toEqual(hashesOf(selection));
  });

  it('leaves out blocks that would be empty', () => {
    const { selection } = splitEvaluation(images('eval', 7), 1);
    expect(growingBlocks(selection, 1).map(({ entries }) => entries.length)).toEqual([3]);
  });
});
