import { describe, expect, it } from 'vitest';
import { durationMs, searchSpecSchema } from '@shared/search';

describe('durationMs', () => {
  it.each([
    ['2h', 7_200_000],
    ['90min', 5_400_000],
    ['90 min', 5_400_000],
    ['0.5 h', 1_800_000],
    ['30s', 30_000],
    ['30', undefined],
    ['2 weeks', undefined],
    ['-1h', undefined],
  ])('%s', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });
});

describe('searchSpecSchema', () => {
  it('fills in what is not said, and says what is wrong', () => {
    expect(searchSpecSchema.parse({})).toEqual({ maxDrop: 1, goal: 'both', budget: '1h', trials: 500 });
    expect(searchSpecSchema.safeParse({ budget: 'long' }).error?.issues[0]?.message).toContain('"90 min"');
  });
});
