import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LatencyMetrics } from '@shared/metrics';
import { latencyStrip } from '../../../src/renderer/trial/latency-strip';

const zone: [number, number] = [1 / 1.01, 1.01];
const latency = (changes: Partial<LatencyMetrics>): LatencyMetrics => ({
  target: 'ort-cpu x1',
  p50Ms: 5,
  p90Ms: 6,
  p99Ms: 7,
  madMs: 0.1,
  n: 400,
  rounds: 40,
  baselineP50Ms: 10,
  ratio: 0.5,
  ratioInterval: [0.49, 0.52],
  coldStartMs: 1,
  peakMemoryBytes: 1,
  mode: 'quick',
  ...changes,
});

describe('the strip of session pairs', () => {
  it('puts every pair, the interval, 1 and the zone on one logarithmic axis', () => {
    const strip = latencyStrip(latency({ sessionRatios: [0.5, 0.25, 0.5] }), [1, 1])!;
    const at = Object.fromEntries(strip.rows[0]!.dots.map(({ ratio, at: place }) => [ratio, place]));
    // From a quarter to 1: a half lies in the middle.
    expect(at[0.25]).toBeCloseTo(0.06, 9);
    expect(at[0.5]).toBeCloseTo(0.5, 9);
    expect(strip.one).toBeCloseTo(0.94, 9);
    expect(strip.ratio).toBeCloseTo(0.5, 9);
    // Equal ones stand on each other, and a dot keeps the number of its pair.
    expect(strip.rows[0]!.dots.map(({ pair, level }) => [pair, level])).toEqual([
      [2, 0],
      [1, 0],
      [3, 1],
    ]);
    expect(strip.ticks.map(({ text }) => text)).toEqual(['0.25', '1']);
  });
  it('has a second row for what it is compared with, and no interval of its own then', () => {
    const strip = latencyStrip(latency({ sessionRatios: [0.5, 0.6], referenceSessionRatios: [0.9] }), zone)!;
    expect(strip.rows.map(({ name, dots }) => [name, dots.length])).toEqual([
      ['this', 2],
      ['reference', 1],
    ]);
    expect(strip).not.toHaveProperty('interval');
  });
  it('is none without sessions, which earlier versions did not keep', () => {
    expect(latencyStrip(latency({}), zone)).toBeUndefined();
    expect(latencyStrip(latency({ sessionRatios: [] }), zone)).toBeUndefined();
  });
  it('keeps everything inside and dots apart, whatever was measured', () => {
    const ratios = fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(ratios, (sessionRatios) => {
        const strip = latencyStrip(latency({ sessionRatios, ratio: sessionRatios[0]! }), zone)!;
        const [row] = strip.rows;
        expect(row!.dots).toHaveLength(sessionRatios.length);
        for (const { at, level } of row!.dots) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(1);
          expect(level).toBeLessThan(row!.levels);
        }
        for (const [index, dot] of row!.dots.entries())
          for (const other of row!.dots.slice(index + 1))
            if (other.level === dot.level) expect(other.at - dot.at).toBeGreaterThanOrEqual(0.0279);
      }),
    );
  });
});
