import type { EstimatedGradient } from '../../gradients/estimated-gradient';
import type { GradientWriter } from '../../gradients/gradient-writer';

/** A value that was rounded to codes and read back; float32 values by their names. */
export interface RoundedActivation {
  x: string;
  /** What was read back, scale (code - zero point). */
  y: string;
  /** `[1]`. */
  scale: string;
  /** A number, or a value `[1]` that is learned. */
  zeroPoint: number | string;
  lowest: number;
  highest: number;
  /** Nothing of x lies below the lowest code. */
  isPositive: boolean;
}

/**
 * Gradients of LSQ (Esser et al. 2020, "Learned step size quantization", equations 3 and 5) and, for the zero point, of LSQ+ (Bhalgat et al. 2020,
 * "LSQ+: improving low-bit quantization through learnable offsets and better initialization"): d y / d x is 1 where x lies between the ends of
 * the codes, else 0; d y / d scale is (y - x) / scale there, and y / scale outside; d y / d zero point is - scale outside. All of it follows from x
 * and y, so that nothing else is kept for the backward pass.
 *
 * The gradient of a scale is not divided by the root of how many elements share it: AdamW's steps do not depend on that.
 */
export function roundedGradient(rounded: RoundedActivation): EstimatedGradient {
  const { x, y, scale, zeroPoint } = rounded;
  return (write, gradient, isWanted) => {
    const isInside = inside(write, rounded);
    const passed = write.multiply(gradient, isInside);
    const shares = new Map([[x, passed]]);
    const whole = (value: string): string => write.reshape(write.sum(value), [1]);
    if (isWanted(scale)) {
      const slope = write.subtract(y, write.multiply(isInside, x));
      shares.set(scale, write.divide(whole(write.multiply(gradient, slope)), scale));
    }
    if (typeof zeroPoint === 'string' && isWanted(zeroPoint)) {
      const outside = write.subtract(whole(passed), whole(gradient));
      shares.set(zeroPoint, write.multiply(outside, scale));
    }
    return shares;
  };
}

/** 1 where x lies between the ends of the codes, else 0. */
function inside(
  write: GradientWriter,
  { x, scale, zeroPoint, lowest, highest, isPositive }: RoundedActivation,
): string {
  const end = (code: number): string =>
    typeof zeroPoint === 'number'
      ? write.scale(scale, code - zeroPoint)
      : write.multiply(write.subtract(write.scalar(code), zeroPoint), scale);
  const below = write.emit('Less', [x, end(highest)]);
  const isInside = isPositive ? below : write.emit('And', [below, write.emit('Greater', [x, end(lowest)])]);
  return write.toFloat(isInside);
}
