import { describe, expect, it } from 'vitest';
import { limitsInWords, searchInWords } from '@shared/presenter/sweep-extras';
import { searchSpecSchema } from '@shared/search';

describe('what a sweep file says and no form shows', () => {
  it('is what it searches', () => {
    expect(searchInWords(searchSpecSchema.parse({}))).toBe(
      'for the smallest and the fastest of each model, with at most 1 point of top-1 lost, in 1h',
    );
    const narrow = { goal: 'size', maxDrop: 2, maxBytes: 2_200_000, maxLatencyRatio: 0.5, budget: '90 min' };
    expect(searchInWords(searchSpecSchema.parse(narrow))).toBe(
      'for the smallest of each model, with at most 2 points of top-1 lost, at most 2.20 MB, at most 0.5 of the time, in 90 min',
    );
  });

  it('is what limits it', () => {
    expect(limitsInWords({})).toEqual([]);
    expect(limitsInWords({ until: '07:00', limits: { stepMinutes: 30 }, coolDownSeconds: 5 })).toEqual([
      'it ends at 07:00 with what is there',
      'a step may take 30 min',
      'the machine rests 5 s before each latency',
    ]);
    expect(limitsInWords({ limits: { stepMemoryMB: 4000 } })).toEqual(['a step may take 4000 MB of memory']);
  });
});
