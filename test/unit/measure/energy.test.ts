import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarizeEnergy, type PairEnergy } from '../../../src/main/engine/measure/latency/energy';

/** Idling at `idleWatts`, each side takes `watts` more for a second in which it sees its images. */
const pair = (candidate: number, baseline: number, changes: Partial<PairEnergy> = {}, idleWatts = 5): PairEnergy => ({
  domains: ['package-0', 'dram'],
  updateMs: 1,
  stepJoules: 0,
  idle: { joules: idleWatts / 2, ms: 500 },
  candidate: { joules: candidate + idleWatts, ms: 1000, images: 200 },
  baseline: { joules: baseline + idleWatts, ms: 1000, images: 100 },
  ...changes,
});

describe('summarizeEnergy', () => {
  it('takes idling off by time, and compares a pair of sessions by its sums', () => {
    const energy = summarizeEnergy([10, 11, 9, 10, 12, 10].map((watts) => pair(watts, 10)));
    expect(energy).toMatchObject({ domains: ['package-0', 'dram'], isTold: true });
    expect(energy!.joules).toBeCloseTo(0.05, 12);
    expect(energy!.baselineJoules).toBeCloseTo(0.1, 12);
    expect(energy!.idleWatts).toBeCloseTo(5, 12);
    // Six pairs: from the least to the greatest.
    expect(energy!.joulesInterval.map((joules) => joules.toFixed(6))).toEqual(['0.045000', '0.060000']);
    expect(energy!.comparison!.ratio).toBeCloseTo(0.5, 12);
    expect(energy!.comparison!.ratioInterval.map((ratio) => ratio.toFixed(6))).toEqual(['0.450000', '0.600000']);
    expect(energy!.comparison!.sessionRatios).toHaveLength(6);
  });

  it('does not depend on what the machine idles at', () => {
    const watts = fc.double({ min: 0.5, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(watts, watts), { minLength: 6, maxLength: 12 }), watts, (sides, idle) => {
        const quiet = summarizeEnergy(sides.map(([a, b]) => pair(a, b, {}, 0)))!;
        const busy = summarizeEnergy(sides.map(([a, b]) => pair(a, b, {}, idle)))!;
        expect(busy.joules).toBeCloseTo(quiet.joules, 9);
        expect(busy.idleWatts).toBeCloseTo(idle, 9);
      }),
    );
  });

  it.each<[string, PairEnergy[]]>([
    ['one side takes no more than idling', [pair(10, 10), pair(-0.1, 10)]],
    // Five steps of 36 J are 180 J.
    ['a battery steps too coarsely', Array.from({ length: 6 }, () => pair(150, 150, { stepJoules: 36 }))],
    ['the sensor was hardly updated meanwhile', Array.from({ length: 6 }, () => pair(10, 10, { updateMs: 300 }))],
  ])('makes no ratio where %s', (_, pairs) => {
    const energy = summarizeEnergy(pairs);
    expect(energy!.isTold).toBe(false);
    expect(energy).not.toHaveProperty('comparison');
    expect(energy!.joulesInterval.every(Number.isFinite)).toBe(true);
  });

  it('is absent where no sensor was read, or not in every pair', () => {
    expect(summarizeEnergy([])).toBeUndefined();
    expect(summarizeEnergy([undefined, undefined])).toBeUndefined();
    expect(summarizeEnergy([pair(1, 1), undefined])).toBeUndefined();
    expect(summarizeEnergy([pair(1, 1), pair(NaN, 1)])).toBeUndefined();
  });
});
