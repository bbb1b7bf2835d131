import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, deriveSeed, sfc32 } from '../../../src/main/engine/compression/algebra/random';

/** sfc32 again, in exact 32-bit arithmetic on BigInt: an independent reading of the algorithm. */
function referenceSfc32(state: readonly number[]): () => number {
  const mask = 0xffffffffn;
  let [a, b, c, d] = state.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint];
  return () => {
    const result = (a + b + d) & mask;
    d = (d + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + ((c << 3n) & mask)) & mask;
    c = ((((c << 21n) & mask) | (c >> 11n)) + result) & mask;
    return Number(result);
  };
}

describe('createRandom', () => {
  it('follows the sfc32 algorithm', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), (state) => {
        const ours = sfc32(...state);
        const reference = referenceSfc32(state);
        for (let index = 0; index < 40; index++) expect(ours()).toBe(reference());
      }),
    );
  });

  it('gives the same numbers for the same seed, for ever', () => {
    const random = createRandom(1);
    const first = [random(), random(), random()];
    const again = createRandom(1);
    expect([again(), again(), again()]).toEqual(first);
    expect(first).toMatchInlineSnapshot(`
      [
        0.9678682670928538,
        0.44930414599366486,
        0.12340731802396476,
      ]
    `);
  });

  it('gives other numbers for neighbouring seeds, and for a number and its text', () => {
    const firsts = [createRandom(1)(), createRandom(2)(), createRandom('1')(), createRandom('')()];
    expect(new Set(firsts).size).toBe(4);
  });

  it('is uniform in [0, 1)', () => {
    const random = createRandom('uniform');
    const bins = new Array<number>(20).fill(0);
    const draws = 40_000;
    for (let index = 0; index < draws; index++) {
      const value = random();
      expect(value >= 0 && value < 1).toBe(true);
      bins[Math.floor(value * bins.length)]! += 1;
    }
    const expected = draws / bins.length;
    const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99.9 % quantile of chi-square with 19 degrees of freedom.
    expect(chiSquare).toBeLessThan(43.8);
  });
});

describe('deriveSeed', () => {
  it('is a safe integer that depends on seed and label', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.string(), (seed, one, other) => {
        const derived = deriveSeed(seed, one);
        expect(Number.isSafeInteger(derived) && derived >= 0).toBe(true);
        expect(deriveSeed(seed, one)).toBe(derived);
        if (one !== other) expect(deriveSeed(seed, other)).not.toBe(derived);
        expect(deriveSeed(seed + 1, one)).not.toBe(derived);
      }),
    );
  });
});
