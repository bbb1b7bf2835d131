import type { TfliteGraph, TfliteOperator, TfliteTensor } from './model';

/** Where operators that multiply by weights have them, their bias and what they are applied to. */
const places: Readonly<Record<string, { weights: number; bias: number; activations: number }>> = {
  CONV_2D: { weights: 1, bias: 2, activations: 0 },
  DEPTHWISE_CONV_2D: { weights: 1, bias: 2, activations: 0 },
  FULLY_CONNECTED: { weights: 1, bias: 2, activations: 0 },
  BATCH_MATMUL: { weights: 1, bias: 2, activations: 0 },
  CONV_3D: { weights: 1, bias: 2, activations: 0 },
  TRANSPOSE_CONV: { weights: 1, bias: 3, activations: 2 },
};

/** Operators that turn a stored constant into the numbers that others use. */
const decoders: ReadonlySet<string> = new Set(['DEQUANTIZE', 'DENSIFY']);

/** A layer that multiplies by weights, or, in a product of two values that are computed, by the second of them. */
export interface WeightedOperator {
  operator: TfliteOperator;
  activations: TfliteTensor;
  /** As the operator takes them. */
  weights: TfliteTensor;
  /** As they are stored, where they are constant. */
  stored?: TfliteTensor;
}

/** Tensors that are constant, by their index: as they are stored, also where the network decodes them first. */
export function storedConstants({ tensors, operators }: TfliteGraph): Map<number, TfliteTensor> {
  const stored = new Map(tensors.flatMap((tensor, index) => (tensor.data ? [[index, tensor] as const] : [])));
  for (const { op, inputs, outputs } of operators) {
    const source = decoders.has(op) ? stored.get(inputs[0] ?? -1) : undefined;
    if (source) stored.set(outputs[0]!, source);
  }
  return stored;
}

/** Layers of a network that multiply. */
export function weightedOperators(graph: TfliteGraph): WeightedOperator[] {
  const constants = storedConstants(graph);
  return graph.operators.flatMap((operator) => {
    const place = places[operator.op];
    const [weights, activations] = place
      ? [operator.inputs[place.weights] ?? -1, operator.inputs[place.activations] ?? -1]
      : [-1, -1];
    if (weights < 0 || activations < 0) return [];
    return [
      {
        operator,
        weights: graph.tensors[weights]!,
        activations: graph.tensors[activations]!,
        stored: constants.get(weights),
      },
    ];
  });
}

/** The tensor of a layer's bias; undefined where it has none. */
export function biasOf({ op, inputs }: TfliteOperator): number | undefined {
  const bias = inputs[places[op]?.bias ?? -1] ?? -1;
  return bias < 0 ? undefined : bias;
}

/** Whether an operator's input of this number is its weights or its bias. */
export function isWeightOrBias({ op }: TfliteOperator, input: number): boolean {
  return input === places[op]?.weights || input === places[op]?.bias;
}

/** Whether an operator only decodes a constant and is no layer. */
export function decodesConstant({ op, inputs }: TfliteOperator, constants: ReadonlyMap<number, unknown>): boolean {
  return decoders.has(op) && constants.has(inputs[0] ?? -1);
}
