import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alignChannels,
  relativeSquaredError,
  type ChannelSamples,
} from '../../../src/main/engine/compression/calibration/channel-alignment';
import { noise } from '../../fixtures/graphs';

const samples = 12;
const rows = (values: Float32Array[]): ChannelSamples => ({
  channels: values.length,
  samples,
  values: Float32Array.from(values.flatMap((row) => [...row])),
});

/** Every choice of channels in order, and the least squared difference among them. */
function leastByTrying(before: Float32Array[], after: Float32Array[], from = 0): number {
  const [first, ...others] = after;
  if (!first) return 0;
  let least = Infinity;
  for (let at = from; at <= before.length - after.length; at++) {
    const own = first.reduce((sum, value, index) => sum + (value - before[at]![index]!) ** 2, 0);
    least = Math.min(least, own + leastByTrying(before, others, at + 1));
  }
  return least;
}

describe('channels that are left after others were removed', () => {
  it('are found again, noise and all', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.integer(), (isKept, seed) => {
        const before = isKept.map((_, channel) => noise(samples, (seed % 1000) + channel * 7919 + 1));
        const kept = before.flatMap((_, channel) => (isKept[channel] ? [channel] : []));
        fc.pre(kept.length > 0);
        const after = kept.map((channel) => before[channel]!.map((value, index) => value + 0.01 * Math.sin(index)));
        expect([...alignChannels(rows(before), rows(after))]).toEqual(kept);
      }),
    );
  });

  it('are the choice with the least squared difference of all', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const before = Array.from({ length: 7 }, (_, channel) => noise(samples, seed * 100 + channel));
      const after = Array.from({ length: 4 }, (_, channel) => noise(samples, seed * 100 + 50 + channel));
      const found = alignChannels(rows(before), rows(after));
      const difference = after.reduce(
        (sum, row, at) =>
          sum + row.reduce((part, value, index) => part + (value - before[found[at]!]![index]!) ** 2, 0),
        0,
      );
      expect(difference).toBeCloseTo(leastByTrying(before, after), 5);
    }
  });
});

describe('the relative squared error', () => {
  it('is that of the channels that are left', () => {
    const before = rows([Float32Array.from({ length: samples }, () => 2), new Float32Array(samples).fill(100)]);
    const after = rows([new Float32Array(samples).fill(1)]);
    expect(relativeSquaredError(before, after, Int32Array.of(0))).toBe(0.25);
  });
  it('is zero for silence that stayed silent and infinite for noise in silence', () => {
    const silence = rows([new Float32Array(samples)]);
    expect(relativeSquaredError(silence, silence, Int32Array.of(0))).toBe(0);
    expect(relativeSquaredError(silence, rows([noise(samples)]), Int32Array.of(0))).toBe(Infinity);
  });
});
