import { createRandom } from '../../compression/algebra/random';

/**
 * The positions 0 to `count` - 1 in the order of an epoch, each once; it follows from seed and epoch alone. Shuffled by Fisher and Yates
 * (in place, from the end: Durstenfeld 1964).
 */
export function epochOrder(count: number, { seed, epoch }: { seed: number; epoch: number }): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, position) => position);
  const random = createRandom(`order ${seed} ${epoch}`);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
