import type { TfliteModel } from './model';

/**
 * The first TensorFlow Lite that runs each version 1, 2, 3 ... of an operator, as the converters of TensorFlow state it (runtime_version.cc);
 * "-": never released. Operators that classifiers do not use are left out.
 */
const firstRuntimes: Readonly<Record<string, string>> = {
  ABS: '1.13 2.4 2.5 2.6',
  ADD: '1.5 1.14 2.4 2.6',
  ARG_MAX: '1.9 1.14 2.9',
  AVERAGE_POOL_2D: '1.5 1.14 2.3',
  BATCH_MATMUL: '2.3 2.3 2.4 2.5',
  BROADCAST_TO: '- 2.5 2.5',
  CAST: '1.5 2.7 2.8 2.9',
  CEIL: '1.14',
  CONCATENATION: '1.5 1.14 2.3',
  CONV_2D: '1.5 1.14 1.14 2.3 2.4 2.9 2.11',
  DENSIFY: '2.2',
  DEPTHWISE_CONV_2D: '1.5 1.12 1.14 2.2 2.3 2.3 2.11',
  DEPTH_TO_SPACE: '2.1 2.5',
  DEQUANTIZE: '1.13.1 1.14 1.15 2.2 2.7',
  DIV: '1.6 2.3',
  ELU: '1.14',
  EXP: '1.7',
  EXPAND_DIMS: '1.10',
  FLOOR: '1.9',
  FULLY_CONNECTED: '1.5 1.10 1.14 1.14 2.0 2.1 2.3 2.3 2.3 2.11',
  GATHER: '1.6 1.14 1.15 2.4 2.5',
  GELU: '2.9 2.9',
  HARD_SWISH: '1.15',
  LEAKY_RELU: '1.13.1 2.3',
  LOCAL_RESPONSE_NORMALIZATION: '1.5',
  LOG: '1.14',
  LOGISTIC: '1.14 1.14 2.3',
  LOG_SOFTMAX: '1.14 1.14',
  MAXIMUM: '1.14 1.14 2.3 2.3',
  MAX_POOL_2D: '1.5 1.14 2.3',
  MEAN: '1.6 1.14 2.4',
  MINIMUM: '1.14 1.14 2.3 2.3',
  MIRROR_PAD: '1.13.1 2.3',
  MUL: '1.5 1.14 1.15 2.3 2.6',
  NEG: '1.9',
  PACK: '1.11 1.14 2.3',
  PAD: '1.5 1.14 2.4 2.6',
  PADV2: '1.9 1.14 2.4 2.6',
  POW: '1.10',
  PRELU: '1.8',
  QUANTIZE: '1.14 1.15 2.7',
  REDUCE_MAX: '1.11 1.14 2.5',
  REDUCE_MIN: '1.11 1.14 2.5',
  RELU: '1.5 2.1 2.5',
  RELU6: '1.5 1.14 2.5',
  RELU_0_TO_1: '2.10',
  RELU_N1_TO_1: '1.5',
  RESHAPE: '1.5',
  RESIZE_BILINEAR: '1.7 1.14 2.2 2.5',
  RESIZE_NEAREST_NEIGHBOR: '1.13.1 1.14 2.3 2.4',
  ROUND: '1.14',
  RSQRT: '1.10 2.5',
  SHAPE: '1.10',
  SLICE: '1.14 1.14 1.14 2.4 2.5',
  SOFTMAX: '1.5 1.14 2.3',
  SPACE_TO_DEPTH: '1.5 1.14',
  SPLIT: '1.5 1.14 1.14 2.3',
  SPLIT_V: '1.13.1 2.3',
  SQRT: '1.10',
  SQUARE: '1.12',
  SQUARED_DIFFERENCE: '1.13.1 2.5',
  SQUEEZE: '1.6 2.5',
  STRIDED_SLICE: '1.6 1.14 2.1 2.2 2.5 2.6',
  SUB: '1.6 1.14 2.3 2.4 2.4',
  SUM: '1.10 1.15',
  TANH: '1.14 1.14 2.3',
  TILE: '1.10.1 2.2 2.8',
  TOPK_V2: '1.7 1.14',
  TRANSPOSE: '1.6 1.14 1.15 2.3 2.4',
  TRANSPOSE_CONV: '1.9 2.2 2.3',
  UNPACK: '1.11 1.14 2.2 2.3',
};

/** The oldest TensorFlow Lite that has all operators of a network in their versions, "2.3.0"; undefined where one of them is not in the table. */
export function minimumRuntime({ graphs }: Pick<TfliteModel, 'graphs'>): string | undefined {
  const needed = graphs
    .flatMap(({ operators }) => operators)
    .map(({ op, version }) => firstRuntimes[op]?.split(' ')[version - 1]);
  if (needed.length === 0 || needed.some((version) => version === undefined || version === '-')) return undefined;
  const parts = needed.map((version) => version!.split('.').map(Number));
  const [major = 0, minor = 0, patch = 0] = parts.reduce((best, next) => (isNewer(next, best) ? next : best));
  return `${major}.${minor}.${patch}`;
}

function isNewer(one: readonly number[], other: readonly number[]): boolean {
  const at = [0, 1, 2].find((index) => (one[index] ?? 0) !== (other[index] ?? 0));
  return at !== undefined && (one[at] ?? 0) > (other[at] ?? 0);
}
