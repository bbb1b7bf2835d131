import type { TfliteOperator, TfliteTensor } from '../model';
import type { GraphBuilder } from './graph-builder';

/** Their results are not below zero, whatever they are given. */
const givesNone: ReadonlySet<string> = new Set([
  'ABS',
  'EXP',
  'LOGISTIC',
  'RELU',
  'RELU6',
  'SOFTMAX',
  'SQRT',
  'SQUARE',
]);
/** Nor are those of these, where nothing that they are given is. */
const addsNone: ReadonlySet<string> = new Set([
  'AVERAGE_POOL_2D',
  'CONCATENATION',
  'DEQUANTIZE',
  'MAX_POOL_2D',
  'MEAN',
  'PAD',
  'QUANTIZE',
  'RESHAPE',
  'TRANSPOSE',
]);

/** No code stands for less than zero. */
function hasLowestZero({ type, quantization }: TfliteTensor): boolean {
  const lowest = type === 'INT8' ? -128 : type === 'UINT8' ? 0 : undefined;
  return lowest !== undefined && quantization?.zeroPoint[0] === lowest;
}

const clipsBelowZero = ({ op, options }: TfliteOperator): boolean =>
  givesNone.has(op) ||
  options?.['fusedActivationFunction'] === 'RELU' ||
  options?.['fusedActivationFunction'] === 'RELU6';

/** Whether no number of a tensor is below zero, as far as its codes and the operators before it tell. */
export function isNeverNegative(builder: GraphBuilder, tensor: number): boolean {
  const open = new Set([tensor]);
  // A set gives what is added on the way, and everything once.
  for (const one of open) {
    if (hasLowestZero(builder.tensors[one]!)) continue;
    const producer = builder.producer(one);
    if (!producer) return false;
    if (clipsBelowZero(producer)) continue;
    if (!addsNone.has(producer.op)) return false;
    const { inputs } = producer;
    // Behind the first are shapes, axes and sizes, but of what is joined.
    for (const input of producer.op === 'CONCATENATION' ? inputs : inputs.slice(0, 1)) open.add(input);
  }
  return true;
}
