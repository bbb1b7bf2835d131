import { createRandom, deriveSeed, sfc32 } from '../../compression/algebra/random';
import type { RuntimeTensor } from '../../compression/calculator';
import { elementCount } from '../../onnx/graph';
import type { DropMask } from './drop-rounding';

/** How far into a supply of random bits a mask may begin: one supply gives many masks. */
export const offsets = 8192;

/** So many random bits. */
export function randomBits<T extends Uint8Array | Float32Array>(bits: T, random: () => number): T {
  const word = (): number => Math.floor(random() * 2 ** 32);
  const next = sfc32(word(), word(), word(), word());
  for (let at = 0; at < bits.length; at += 32) {
    let number = next();
    for (let bit = at; bit < Math.min(bits.length, at + 32); bit++, number >>>= 1) bits[bit] = number & 1;
  }
  return bits;
}

/** Masks of which half is 1, others at every step, which follow from the seed. */
export class RandomMasks {
  private readonly random: () => number;
  private readonly bits: Float32Array;

  constructor(
    private readonly masks: readonly DropMask[],
    seed: number,
  ) {
    this.random = createRandom(deriveSeed(seed, 'masks'));
    const largest = masks.reduce((most, { shape }) => Math.max(most, elementCount(shape)), 0);
    this.bits = randomBits(new Float32Array(masks.length > 0 ? largest + offsets : 0), this.random);
  }

  next(): Record<string, RuntimeTensor> {
    return Object.fromEntries(
      this.masks.map(({ name, shape }) => {
        const from = Math.floor(this.random() * offsets);
        return [name, { type: 'float32', shape, data: this.bits.subarray(from, from + elementCount(shape)) }];
      }),
    );
  }
}
