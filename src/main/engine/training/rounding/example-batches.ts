import { createRandom } from '../../compression/algebra/random';
import { elementCount } from '../../onnx/graph';
import { offsets, randomBits } from './random-masks';
import type { Example, UnitExamples } from './unit-examples';

/** Batches of examples without end, in an order that follows from the seed. The next overwrites the last. */
export class ExampleBatches {
  readonly entry: Float32Array;
  readonly target: Float32Array;
  private readonly random: () => number;
  private readonly bits: Uint8Array;
  private order: number[] = [];

  constructor(
    private readonly examples: UnitExamples,
    private readonly batch: number,
    /** Whether activations are rounded, and some of their roundings dropped. */
    private readonly drops: boolean,
    seed: number,
  ) {
    const size = elementCount(examples.entryShape);
    this.entry = new Float32Array(batch * size);
    this.target = new Float32Array(batch * elementCount(examples.exitShape));
    this.random = createRandom(seed);
    this.bits = randomBits(new Uint8Array(drops ? size + offsets : 0), this.random);
  }

  /**
   * Fills `entry` and `target`. Where roundings are dropped, each element of what a unit reads is that of the rounded network or that of the float
   * network at random (Wei et al. 2022, "QDrop"): the unit makes up for errors before it without being fitted to these very errors.
   */
  next(): void {
    const { fitted } = this.examples;
    for (let at = 0; at < this.batch; at++) {
      if (this.order.length === 0) this.order = this.shuffled(fitted.length);
      const example = fitted[this.order.pop()!]!;
      const part = this.entry.subarray(at * example.own.length);
      if (this.drops) mix(part, example, this.bits.subarray(Math.floor(this.random() * offsets)));
      else part.set(example.own);
      this.target.set(example.target, at * example.target.length);
    }
  }

  private shuffled(count: number): number[] {
    const order = Array.from({ length: count }, (_, at) => at);
    for (let at = count - 1; at > 0; at--) {
      const other = Math.floor(this.random() * (at + 1));
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    return order;
  }
}

function mix(into: Float32Array, { own, reference }: Example, bits: Uint8Array): void {
  for (let at = 0; at < own.length; at++) into[at] = bits[at] === 1 ? own[at]! : reference[at]!;
}
