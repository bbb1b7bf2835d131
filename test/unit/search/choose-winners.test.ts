import { describe, expect, it } from 'vitest';
import { choosePicks, confirmWinner, networkEvidence } from '../../../src/main/engine/search/choose-winners';
import type { Evidence } from '../../../src/main/engine/search/evidence';
import { pairedDifferenceInterval } from '../../../src/main/engine/measure/statistics/paired';

const evidence = (loss: number, sizeBytes: number, ratio = 1, n = 300): Evidence => ({
  sizeBytes,
  latency: { ratio, ratioInterval: [ratio, ratio] },
  expectedRatio: ratio,
  counts: { n, gained: 0, lost: Math.round((n * loss) / 100) },
});
const standing = (candidate: string, loss: number, sizeBytes: number, ratio = 1) => ({
  candidate,
  evidence: [evidence(loss, sizeBytes, ratio)],
  isOut: false,
});
const network = networkEvidence(100);
const aims = { maxDrop: 3, goal: 'size' as const };

describe('choosePicks', () => {
  const finalists = [
    standing('none', 0, 10),
    standing('one', 1, 8),
    standing('two', 2, 6),
    standing('three', 3, 4),
    standing('six', 6, 2),
  ];

  it('goes from what may be lost to the strictest, and names what more loss would buy', () => {
    expect(choosePicks(finalists, aims, 'size', network)).toEqual({
      goal: 'size',
      picks: ['three', 'two', 'one', 'none'],
      looser: 'six',
    });
  });

  it('lets the safest of the others stand in where one is the best of several shares', () => {
    const small = [
      standing('small', 0, 1),
      standing('a', 2, 3),
      standing('b', 1, 9),
      standing('c', 3, 4),
      standing('d', 2, 2),
    ];
    expect(choosePicks(small, aims, 'size', network).picks).toEqual(['small', 'b', 'd', 'a']);
  });

  it('names each once', () => {
    expect(choosePicks([standing('only', 0, 1)], aims, 'size', network)).toEqual({ goal: 'size', picks: ['only'] });
    expect(choosePicks([], aims, 'size', network)).toEqual({ goal: 'size', picks: [] });
  });

  it('has to be better than the network, as chosen and as measured anew', () => {
    const slower = standing('slower', 0, 10, 1.06);
    expect(choosePicks([slower], aims, 'latency', network).picks).toEqual([]);
    expect(choosePicks([slower], aims, 'size', network).picks).toEqual(['slower']);
    const confirmed = new Map([['slower', evidence(0, 10, 1.06)]]);
    expect(confirmWinner({ goal: 'latency', picks: ['slower'] }, confirmed, aims, { network })).toBeUndefined();
    expect(confirmWinner({ goal: 'size', picks: ['slower'] }, confirmed, aims, { network })).toBeDefined();
  });

  it('keeps to the limits', () => {
    const fast = [standing('slow', 0, 1, 0.9), standing('fast', 0, 5, 0.4)];
    expect(choosePicks(fast, { ...aims, maxLatencyRatio: 0.5 }, 'size', network).picks).toEqual(['fast']);
    expect(choosePicks(fast, { ...aims, maxBytes: 2 }, 'latency', network).picks).toEqual(['slow']);
    expect(choosePicks(fast, aims, 'both', network).picks).toEqual(['slow', 'fast']);
  });
});

describe('confirmWinner', () => {
  const choice = { goal: 'size' as const, picks: ['three', 'two', 'one'] };

  it('takes the first that is confirmed; the interval of each later pick is wider', () => {
    const confirmed = new Map([
      ['three', evidence(4, 4)],
      ['two', evidence(2, 6)],
    ]);
    const winner = confirmWinner(choice, confirmed, aims, { network })!;
    expect(winner).toMatchObject({ candidate: 'two', top1Delta: -2, isClear: false });
    // The second has the level 1 - 0.05 / 4: 2.4977 standard errors.
    const [low, high] = pairedDifferenceInterval({ n: 300, gained: 0, lost: 6 }, 2.497705474412216);
    expect(winner.interval[0]).toBeCloseTo(100 * low, 6);
    expect(winner.interval[1]).toBeCloseTo(100 * high, 6);
    const first = confirmWinner({ ...choice, picks: ['two'] }, confirmed, aims, { network })!;
    expect(first.interval[0]).toBeGreaterThan(winner.interval[0]);
    // A confirmation before it may have looked at four: the fifth has the level 1 - 0.05 / 32.
    const later = confirmWinner({ ...choice, picks: ['two'] }, confirmed, aims, { network, looks: 1 })!;
    const fifth = pairedDifferenceInterval({ n: 300, gained: 0, lost: 6 }, 3.1628179656213007);
    expect(later.interval[0]).toBeCloseTo(100 * fifth[0], 6);
  });

  it('names none where none is, and passes over what failed', () => {
    expect(confirmWinner(choice, new Map([['three', evidence(9, 4)]]), aims, { network })).toBeUndefined();
    expect(confirmWinner(choice, new Map(), aims, { network })).toBeUndefined();
    expect(confirmWinner(choice, new Map([['one', evidence(0, 8, 1, 3000)]]), aims, { network })).toMatchObject({
      candidate: 'one',
      isClear: true,
    });
  });

  it('holds the limits against what was measured anew', () => {
    const confirmed = new Map([['three', evidence(0, 4, 0.6)]]);
    expect(confirmWinner(choice, confirmed, { ...aims, maxLatencyRatio: 0.5 }, { network })).toBeUndefined();
  });
});
