import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectFiles, type StoredFile } from '../../../src/main/engine/collection/select-files';

const file = (path: string, sizeBytes: number, lastUsedMs: number, isNeeded = false): StoredFile => ({
  path,
  sizeBytes,
  lastUsedMs,
  isNeeded,
});
const names = (files: readonly StoredFile[]): string => files.map(({ path }) => path).join('');
const sumOf = (files: readonly StoredFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

describe('selectFiles', () => {
  const files = [file('a', 10, 3), file('b', 10, 1), file('c', 10, 2), file('d', 10, 0, true)];
  it.each([
    [40, ''],
    [39, 'b'],
    [30, 'b'],
    [29, 'bc'],
    [10, 'bca'],
    [0, 'bca'],
  ])('within %d bytes by removing "%s", the least recently used first', (budget, removed) =>
    expect(names(selectFiles(files, budget))).toBe(removed),
  );

  it('settles ties by path, whatever the order', () => {
    const tied = [file('c', 1, 1), file('a', 1, 1), file('b', 1, 1)];
    expect(names(selectFiles(tied, 1))).toBe('ab');
    expect(names(selectFiles(tied.toReversed(), 1))).toBe('ab');
  });

  const stored = fc.uniqueArray(
    fc.record({
      path: fc.uuid(),
      sizeBytes: fc.nat(1000),
      lastUsedMs: fc.nat(20),
      isNeeded: fc.boolean(),
    }),
    { selector: ({ path }) => path, maxLength: 40 },
  );

  it('keeps within the budget, what is needed, what was used later, and removes no more than it must', () => {
    fc.assert(
      fc.property(stored, fc.nat(20_000), (all, budget) => {
        const removed = selectFiles(all, budget);
        const kept = all.filter((each) => !removed.includes(each));
        const movable = kept.filter(({ isNeeded, sizeBytes }) => !isNeeded && sizeBytes > 0);
        expect(removed.every(({ isNeeded }) => !isNeeded)).toBe(true);
        expect(sumOf(kept) <= budget || movable.length === 0).toBe(true);
        const latestRemoved = Math.max(-1, ...removed.map(({ lastUsedMs }) => lastUsedMs));
        expect(movable.every(({ lastUsedMs }) => lastUsedMs >= latestRemoved)).toBe(true);
        const last = removed.at(-1);
        if (last) expect(sumOf(kept) + last.sizeBytes).toBeGreaterThan(budget);
      }),
    );
  });

  it('removes more, never others, where the budget is smaller', () => {
    fc.assert(
      fc.property(stored, fc.nat(20_000), fc.nat(20_000), (all, one, other) => {
        const [less, more] = [selectFiles(all, Math.max(one, other)), selectFiles(all, Math.min(one, other))];
        expect(more.slice(0, less.length)).toEqual(less);
      }),
    );
  });
});
