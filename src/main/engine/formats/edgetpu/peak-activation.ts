import type { TfliteGraph, TfliteOperator } from '../tflite/model';

/** These write over an input that nobody needs any more. */
const inPlace = new Set([
  'ADD',
  'SUB',
  'MUL',
  'MAXIMUM',
  'MINIMUM',
  'RELU',
  'RELU6',
  'RELU_N1_TO_1',
  'LOGISTIC',
  'TANH',
]);
/** These only look at the same bytes in another way. */
const views = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS']);

/**
 * The most bytes that activations take at once when these operators run in order, one byte an element: what an operator reads and writes, and
 * what later ones still need.
 */
export function peakActivationBytes(operators: readonly TfliteOperator[], { tensors, outputs }: TfliteGraph): number {
  const lastUse = new Map<number, number>(outputs.map((index) => [index, Infinity]));
  operators.forEach(({ inputs }, at) =>
    inputs.forEach((index) => lastUse.set(index, Math.max(lastUse.get(index) ?? 0, at))),
  );
  const bytesOf = (index: number): number => tensors[index]!.shape.reduce((product, size) => product * size, 1);
  const live = new Map<number, number>();
  let peak = 0;
  operators.forEach(({ op, inputs, outputs: written }, at) => {
    for (const index of inputs) if (index >= 0 && tensors[index]?.data === undefined) live.set(index, bytesOf(index));
    const isOver = inputs.some((index) => live.has(index) && lastUse.get(index) === at);
    const reuses = views.has(op) || (inPlace.has(op) && isOver);
    if (!reuses) for (const index of written) live.set(index, bytesOf(index));
    peak = Math.max(peak, sum(live.values()));
    for (const index of inputs) if (lastUse.get(index) === at) live.delete(index);
    for (const index of written) {
      if (lastUse.has(index)) live.set(index, bytesOf(index));
      else live.delete(index);
    }
  });
  return peak;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
