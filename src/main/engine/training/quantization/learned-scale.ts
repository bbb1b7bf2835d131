import type { EstimatedGradient } from '../../gradients/estimated-gradient';
import type { Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import type { NodeWriter } from '../../onnx/node-writer';
import { floatBelow } from '../../compression/algebra/affine-quantization';

/**
 * A scale that is learned as a factor of the one that calibration gave: so one learning rate suits scales of every size, and a factor of 1 is
 * what calibration gave to the last bit.
 */
export interface LearnedScale {
  /** The parameter that holds the factors. */
  factors: string;
  /** The scales of calibration, float32, in a shape that broadcasts. */
  start: Tensor;
  /** Most that a factor may be. */
  most: number;
}

/** Scales stay within this factor of calibration's, either way: no step turns one negative. */
export const farthest = 16;
const least = 1 / farthest;

/** The largest factor under which `levels` steps end no higher than `end`, in float32 arithmetic; 1 at least. */
export function mostUpTo(end: number, start: number, levels: number): number {
  let factor = Math.fround(end / levels / start);
  while (factor > 1 && Math.fround(Math.fround(start * factor) * levels) > Math.fround(end))
    factor = floatBelow(factor);
  return Math.min(farthest, Math.max(1, factor));
}

/** As many factors as scales, all 1. */
export const unitFactors = ({ start }: LearnedScale): Tensor =>
  float32Tensor(start.shape, new Float32Array(start.data.length).fill(1));

/** The scales under learned factors, as `writeScale` computes them; those of calibration where nothing was learned. */
export function scalesUnder({ start, most }: LearnedScale, factors: Tensor | undefined): Float32Array {
  const scales = start.data as Float32Array;
  if (!factors) return scales;
  const learned = factors.data as Float32Array;
  return scales.map((scale, at) => scale * Math.max(least, Math.min(most, learned[at]!)));
}

type Estimates = Map<string, EstimatedGradient>;

/** Writes a scale as calibration's times its bounded factors. Beyond a bound a factor may come back, but not go on. */
export function writeScale(write: NodeWriter, { factors, start, most }: LearnedScale, estimated: Estimates): string {
  const [lowest, highest] = [least, most].map((bound) => write.constant(float32Tensor([], [bound])));
  const bounded = write.emit('Max', [write.emit('Min', [factors, highest!]), lowest!]);
  estimated.set(bounded, (gradients, gradient) => {
    // Descending, a positive gradient makes a factor smaller.
    const may = (op: string, bound: string, sign: string): string =>
      gradients.emit('Or', [
        gradients.emit(op, [factors, bound]),
        gradients.emit(sign, [gradient, gradients.scalar(0)]),
      ]);
    const mayMove = gradients.emit('And', [may('Less', highest!, 'Greater'), may('Greater', lowest!, 'Less')]);
    return new Map([[factors, gradients.where(mayMove, gradient)]]);
  });
  return write.emit('Mul', [write.store(start), bounded]);
}
