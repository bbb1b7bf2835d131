import type { StepOrder } from './plan';

/** Passes over a split, as a multiple of what reading and writing a file of that network costs. */
const passes = { eval: 4, calibration: 8, train: 64 };

/**
 * What a step costs beside others of its sweep, in no unit: bytes of its network times what is done with them. Good enough to say what is cheap;
 * how long a sweep takes is another question.
 * @param sizeBytes of the uncompressed network
 */
export function stepCost(order: StepOrder, sizeBytes: number): number {
  switch (order.kind) {
    case 'describe':
    case 'convert':
      return sizeBytes;
    case 'evaluate':
      return passes.eval * sizeBytes;
    case 'measure':
      return passes.calibration * sizeBytes;
    case 'compress':
      return order.images.reduce((sum, split) => sum + passes[split], 1) * sizeBytes;
  }
}
