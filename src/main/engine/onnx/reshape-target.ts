import { unknownDimension, type Dimension } from './graph';

/**
 * The shape a Reshape gives: 0 copies the input's dimension (unless `allowZero`), -1 takes what is left. Symbols cancel
 * where they stand on both sides, so `[batch,1280,1,1] -> [-1,1280]` is `[batch,1280]`. @returns undefined when it
 * cannot fit.
 */
export function reshapeTarget(
  input: readonly Dimension[],
  target: readonly Dimension[],
  allowZero: boolean,
): Dimension[] | undefined {
  const copied = target.map((dimension, axis) => (dimension === 0 && !allowZero ? input[axis] : dimension));
  if (copied.some((dimension) => dimension === undefined)) return undefined;
  const shape = copied as Dimension[];
  const open = shape.indexOf(-1);
  if (open < 0) return shape;
  const rest = shape.filter((_, axis) => axis !== open);
  const left = quotient(input, rest);
  return left === undefined ? undefined : shape.map((dimension, axis) => (axis === open ? left : dimension));
}

/** The product of `dimensions` divided by that of `divisors`; undefined when it is not whole. */
function quotient(dimensions: readonly Dimension[], divisors: readonly Dimension[]): Dimension | undefined {
  let number = 1;
  const symbols: string[] = [];
  for (const dimension of dimensions) {
    if (typeof dimension === 'number') number *= dimension;
    else symbols.push(dimension);
  }
  let divisor = 1;
  for (const dimension of divisors) {
    if (typeof dimension === 'number') {
      divisor *= dimension;
      continue;
    }
    const at = dimension === unknownDimension ? -1 : symbols.indexOf(dimension);
    if (at < 0) return unknownDimension;
    symbols.splice(at, 1);
  }
  if (symbols.length > 0) return symbols.length === 1 && number === divisor ? symbols[0] : unknownDimension;
  const left = number / divisor;
  return Number.isInteger(left) && left >= 0 ? left : undefined;
}
