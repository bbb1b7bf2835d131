import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyMetrics, type Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { flipTable } from '../../../src/main/engine/measure/accuracy/flips';

/** Rows of "hash label answers"; scores go with the answers. */
const predictions = (
  rows: readonly { hash: string; label: number; top: number[]; scores?: number[] }[],
): Predictions => ({
  n: rows.length,
  classes: 6,
  topK: rows.map(({ top }) => top),
  ...(rows.some(({ scores }) => scores) && { scores: rows.map(({ scores = [] }) => scores) }),
  labels: rows.map(({ label }) => label),
  hashes: rows.map(({ hash }) => hash),
  skipped: 0,
});

const before = predictions([
  { hash: 'a', label: 0, top: [0, 1], scores: [0.6, 0.3] },
  { hash: 'b', label: 0, top: [0, 2], scores: [0.95, 0.02] },
  { hash: 'c', label: 1, top: [2, 1], scores: [0.5, 0.4] },
  { hash: 'd', label: 1, top: [3, 4], scores: [0.5, 0.1] },
  { hash: 'e', label: 2, top: [2, 0], scores: [0.9, 0.1] },
  { hash: 'f', label: 2, top: [0, 2], scores: [0.9, 0.1] },
  { hash: 'left out', label: 2, top: [2, 0], scores: [0.9, 0.1] },
]);
// In another order, as another runtime may have skipped and sorted; "new" was not answered before.
const after = predictions([
  { hash: 'f', label: 2, top: [0, 2], scores: [0.8, 0.2] },
  { hash: 'new', label: 2, top: [1, 2], scores: [0.8, 0.2] },
  { hash: 'e', label: 2, top: [2, 0], scores: [0.7, 0.2] },
  { hash: 'd', label: 1, top: [4, 3], scores: [0.4, 0.3] },
  { hash: 'c', label: 1, top: [1, 2], scores: [0.5, 0.4] },
  { hash: 'b', label: 0, top: [1, 0], scores: [0.5, 0.25] },
  { hash: 'a', label: 0, top: [2, 1], scores: [0.4, 0.3] },
]);

describe('flipTable', () => {
  it('finds what was lost, gained and moved by the hash of each image, surest losses first', () => {
    const table = flipTable(after, before);
    expect(table).toMatchObject({ images: 6, labelled: 6, top1Before: 50, top1After: (100 * 2) / 6 });
    expect(table.flips.map(({ hash, kind }) => `${hash} ${kind}`)).toEqual(['b lost', 'a lost', 'c gained', 'd moved']);
    expect(table.flips[0]!.before).toMatchObject({ class: 0, score: 0.95, trueScore: 0.95 });
    expect(table.flips[0]!.before.margin).toBeCloseTo(0.93, 12);
    expect(table.flips[0]!.after).toMatchObject({ class: 1, score: 0.5, trueScore: 0.25 });
    // Class 0 is not among the answers kept for image a.
    expect(table.flips[1]!.after).toEqual({ class: 2, score: 0.4, margin: expect.closeTo(0.1, 12) as number });
  });

  it('adds them up by true class, the greatest damage first, with exact McNemar', () => {
    const { classes, confusions } = flipTable(after, before);
    expect(
      classes.map(({ label, n, rightBefore, lost, gained, moved }) => [label, n, rightBefore, lost, gained, moved]),
    ).toEqual([
      [0, 2, 2, 2, 0, 0],
      [1, 2, 0, 0, 1, 1],
    ]);
    // Two coins on one side, twice: 2 / 2^2; one coin: 2 / 2, at most 1. Adjusted for two classes: 2 * 0.5 and 1.
    expect(classes.map(({ p }) => p)).toEqual([0.5, 1]);
    expect(classes.map(({ adjustedP }) => adjustedP)).toEqual([1, 1]);
    expect(confusions).toEqual([
      { label: 0, answer: 1, before: 0, after: 1 },
      { label: 0, answer: 2, before: 0, after: 1 },
      { label: 1, answer: 4, before: 0, after: 1 },
      { label: 1, answer: 2, before: 1, after: 0 },
      { label: 1, answer: 3, before: 1, after: 0 },
    ]);
  });

  it('counts images that both confuse alike on both sides of a confusion', () => {
    const row = (hash: string, answer: number) => ({ hash, label: 0, top: [answer] });
    const table = flipTable(
      predictions([row('a', 1), row('b', 1), row('c', 1)]),
      predictions([row('a', 1), row('b', 0), row('c', 1)]),
    );
    expect(table.confusions).toEqual([{ label: 0, answer: 1, before: 2, after: 3 }]);
  });

  it('calls it changed where nobody knows the true class, and an answer without a number one that differs', () => {
    const table = flipTable(
      predictions([
        { hash: 'a', label: -1, top: [1] },
        { hash: 'b', label: 0, top: [] },
      ]),
      predictions([
        { hash: 'a', label: -1, top: [2] },
        { hash: 'b', label: 0, top: [0] },
      ]),
    );
    expect(table.flips.map(({ kind, after: answer }) => [kind, answer.class])).toEqual([
      ['lost', undefined],
      ['changed', 1],
    ]);
    expect(table.classes).toHaveLength(1);
    // Results of earlier versions have no scores, and then none are made up.
    expect(table.flips[0]!.before).toEqual({ class: 0 });
  });

  it('agrees with the paired statistics of the matrix, whatever was answered', () => {
    const images = fc.array(
      fc.record({
        label: fc.integer({ min: -1, max: 3 }),
        before: fc.integer({ min: 0, max: 3 }),
        after: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(images, (rows) => {
        const side = (which: 'before' | 'after') =>
          predictions(rows.map((row, at) => ({ hash: String(at), label: row.label, top: [row[which]] })));
        const table = flipTable(side('after'), side('before'));
        const metrics = accuracyMetrics(side('after'), side('before'));
        expect(table.flips).toHaveLength(Math.round((1 - metrics.agreement! / 100) * rows.length));
        if (table.labelled === 0) return;
        const sum = (kind: 'lost' | 'gained') => table.classes.reduce((total, row) => total + row[kind], 0);
        expect((100 * (sum('gained') - sum('lost'))) / table.labelled).toBeCloseTo(metrics.top1Delta!, 9);
        expect(table.top1After! - table.top1Before!).toBeCloseTo(metrics.top1Delta!, 9);
        const net = table.classes.map(({ lost, gained }) => lost - gained);
        expect(net).toEqual(net.toSorted((a, b) => b - a));
        // Every image that became wrong in another way is one more here and one less there.
        const wrong = (which: 'before' | 'after') => table.confusions.reduce((total, row) => total + row[which], 0);
        expect(wrong('after') - wrong('before')).toBe(sum('lost') - sum('gained'));
      }),
    );
  });
});
