import { elementCount, type ElementType } from '../graph';
import { isInteger, knownElementsLimit, stridesOf, type NumericValue } from './value';

const truncate = (type: ElementType, value: number): number => (isInteger(type) ? Math.trunc(value) : value);

export const unaryFunctions: Record<string, (x: number) => number> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Exp: Math.exp,
  Floor: Math.floor,
  Log: Math.log,
  Neg: (x) => -x,
  Not: (x) => (x === 0 ? 1 : 0),
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(0, x),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Sign: Math.sign,
  Sqrt: Math.sqrt,
  Tanh: Math.tanh,
};

export const binaryFunctions: Record<string, (a: number, b: number, type: ElementType) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  // Integer division rounds towards zero; by zero it is undefined, which no finite integer stands for.
  Div: (a, b, type) => truncate(type, a / b),
  Pow: (a, b, type) => truncate(type, a ** b),
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
};

export const comparisons: Record<string, (a: number, b: number) => boolean> = {
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  And: (a, b) => a !== 0 && b !== 0,
  Or: (a, b) => a !== 0 || b !== 0,
};

/**
 * float32 results are rounded as the runtime would; integers wrap only beyond 2^53, where evaluation gives up instead.
 */
export function roundTo(type: ElementType, value: number): number {
  return type === 'float32' ? Math.fround(value) : value;
}

/** NumPy's broadcast of numeric shapes; undefined when they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** The elements of a value spread to `shape`; undefined when it does not broadcast to it. */
export function broadcastTo<T>(from: readonly number[], data: readonly T[], shape: readonly number[]): T[] | undefined {
  const offset = shape.length - from.length;
  if (offset < 0 || from.some((dimension, axis) => dimension !== 1 && dimension !== shape[axis + offset]))
    return undefined;
  const target = stridesOf(shape);
  const source = stridesOf(from);
  return Array.from({ length: elementCount(shape) }, (_, index) => {
    let position = 0;
    for (let axis = 0; axis < from.length; axis++) {
      if (from[axis] === 1) continue;
      position += (Math.floor(index / target[axis + offset]!) % from[axis]!) * source[axis]!;
    }
    return data[position]!;
  });
}

export function combine(
  a: NumericValue,
  b: NumericValue,
  type: ElementType,
  apply: (a: number, b: number) => number,
): NumericValue | undefined {
  const shape = broadcastShape(a.shape, b.shape);
  if (!shape || elementCount(shape) > knownElementsLimit) return undefined;
  const left = broadcastTo(a.shape, a.data, shape);
  const right = broadcastTo(b.shape, b.data, shape);
  if (!left || !right) return undefined;
  return { type, shape, data: left.map((value, index) => roundTo(type, apply(value, right[index]!))) };
}
