import { createHash } from 'node:crypto';

/**
 * A seeded generator of numbers in [0, 1): the same seed gives the same numbers on every machine. It is sfc32, the small
 * fast chaotic generator of Chris Doty-Humphrey (PractRand), 128 bits of state. A number and its text are different seeds.
 */
export function createRandom(seed: number | string): () => number {
  // The state is a hash of the seed, so that neighbouring seeds give unrelated streams.
  const state = createHash('sha256')
    .update(`${typeof seed}:${seed}`)
    .digest();
  const next = sfc32(state.readUInt32LE(0), state.readUInt32LE(4), state.readUInt32LE(8), state.readUInt32LE(12));
  return () => next() / 2 ** 32;
}

/** A seed for one part of a computation, so that parts do not share random numbers: 48 bits, the same for the same label. */
export function deriveSeed(seed: number | string, label: string): number {
  return createHash('sha256')
    .update(`${typeof seed}:${seed}/${label}`)
    .digest()
    .readUIntBE(0, 6);
}

/** The generator itself: uniform 32-bit integers. The arguments are its state; `d` is a counter. */
export function sfc32(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const result = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
}
