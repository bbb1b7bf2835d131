import { createRandom } from '../../src/main/engine/compression/algebra/random';

/** Random numbers of one picture: the same seed gives the same picture on every machine. */
export class Draws {
  private readonly random: () => number;
  private spare: number | undefined;

  constructor(seed: string) {
    this.random = createRandom(seed);
  }

  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.random();
  }

  /** From 0 to `count` - 1. */
  integer(count: number): number {
    return Math.floor(this.random() * count);
  }

  happens(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!;
  }

  /** A position of `weights`, which sum to 1. */
  weighted(weights: readonly number[]): number {
    let rest = this.random();
    const at = weights.findIndex((weight) => (rest -= weight) < 0);
    return at < 0 ? weights.length - 1 : at;
  }

  /** Of the standard normal distribution (Box and Muller 1958, both numbers). */
  normal(): number {
    if (this.spare !== undefined) {
      const kept = this.spare;
      this.spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
    const angle = 2 * Math.PI * this.random();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Of the beta distribution, for parameters of at least 1. */
  beta(a: number, b: number): number {
    const [first, second] = [this.gamma(a), this.gamma(b)];
    return first / (first + second);
  }

  /** Of the gamma distribution with a shape of at least 1 (Marsaglia and Tsang 2000). */
  private gamma(shape: number): number {
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }
}
