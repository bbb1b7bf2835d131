import { describe, expect, it } from 'vitest';
import type { Flip, FlipReport } from '@shared/flips';
import { kindChoices, pageOf, selectedFlips } from '../../../src/renderer/flips/flip-selection';

const flip = (hash: string, kind: Flip['kind'], label: number): Flip => ({ hash, kind, label, before: {}, after: {} });
const report: FlipReport = {
  reference: 'baseline',
  runtime: 'ort-cpu',
  images: 10,
  labelled: 10,
  flips: [flip('a', 'lost', 0), flip('b', 'lost', 1), flip('c', 'gained', 0), flip('d', 'moved', 2)],
  classes: [],
  confusions: [],
};
const hashes = (flips: readonly Flip[]): string => flips.map(({ hash }) => hash).join('');

describe('what of the flips is shown', () => {
  it('is chosen by class and by kind', () => {
    expect(hashes(selectedFlips(report, { kind: 'all', label: null }))).toBe('abcd');
    expect(hashes(selectedFlips(report, { kind: 'lost', label: null }))).toBe('ab');
    expect(hashes(selectedFlips(report, { kind: 'all', label: 0 }))).toBe('ac');
    expect(hashes(selectedFlips(report, { kind: 'gained', label: 1 }))).toBe('');
  });
  it('offers the kinds that occur in the report, counted in the class', () => {
    expect(kindChoices(report, 0).map(({ label }) => label)).toEqual(['All 2', 'Lost 1', 'Gained 1', 'Other wrong 0']);
    expect(kindChoices({ ...report, flips: [flip('a', 'changed', -1)] }, null)).toEqual([
      { value: 'changed', label: 'Changed 1', count: 1 },
    ]);
  });
  it('comes in pages, and a page that is gone is the last', () => {
    expect(pageOf([1, 2, 3, 4, 5], 1, 2)).toEqual({ items: [3, 4], index: 1, count: 3 });
    expect(pageOf([1, 2, 3, 4, 5], 9, 2)).toEqual({ items: [5], index: 2, count: 3 });
    expect(pageOf([], -1, 2)).toEqual({ items: [], index: 0, count: 1 });
  });
});
