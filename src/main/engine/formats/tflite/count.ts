import { AppError } from '@shared/errors';
import { elementCount } from '../../onnx/graph';
import type { TfliteGraph, TfliteOperator, TfliteTensor } from './model';
import { nonZeroCount } from './non-zero';
import {
  decodesConstant,
  isWeightOrBias,
  storedConstants,
  weightedOperators,
  type WeightedOperator,
} from './weighted-operators';

/** A layer as lists show it. */
export interface TfliteLayer {
  /** Of its first output: operators have no names. */
  name: string;
  op: string;
  outputShape: number[];
  /** A tensor that several layers share counts at the first. */
  params: number;
  nonZeroParams: number;
  /** Multiply-accumulates at batch 1. */
  macs: number;
}

const floating: ReadonlySet<string> = new Set(['FLOAT32', 'FLOAT16', 'BFLOAT16', 'FLOAT64']);

/**
 * Layers of a network with the learned parameters that each uses and its multiply-accumulates. Parameters are counted as they are for ONNX:
 * weights and biases, also encoded; not shapes, axes, paddings or single numbers. An operator of someone else's counts nothing.
 */
export function layersOf(graph: TfliteGraph): TfliteLayer[] {
  const constants = storedConstants(graph);
  const macs = macsByOperator(graph);
  const counted = new Set<TfliteTensor>();
  return graph.operators
    .filter((operator) => !decodesConstant(operator, constants))
    .map((operator) => {
      const fresh = parametersOf(operator, constants).filter((tensor) => !counted.has(tensor));
      for (const tensor of fresh) counted.add(tensor);
      const output = graph.tensors[operator.outputs[0] ?? -1];
      return {
        name: output?.name ?? '',
        op: operator.customCode ?? operator.op,
        outputShape: output?.shape ?? [],
        params: sum(fresh.map(({ shape }) => elementCount(shape))),
        nonZeroParams: sum(fresh.map(nonZeroCount)),
        macs: macs.get(operator) ?? 0,
      };
    });
}

/** The counts of a whole network. Throws `tflite.damaged` where its shapes are beyond what any network has. */
export function totalsOf(
  layers: readonly TfliteLayer[],
  path: string,
): Pick<TfliteLayer, 'params' | 'nonZeroParams' | 'macs'> {
  const total = (key: 'params' | 'nonZeroParams' | 'macs'): number => sum(layers.map((layer) => layer[key]));
  const totals = { params: total('params'), nonZeroParams: total('nonZeroParams'), macs: Math.round(total('macs')) };
  if (!Object.values(totals).every(Number.isSafeInteger))
    throw new AppError('tflite.damaged', { path, detail: 'its shapes ask for more operations than can be counted' });
  return totals;
}

function parametersOf(operator: TfliteOperator, constants: ReadonlyMap<number, TfliteTensor>): TfliteTensor[] {
  const found = operator.inputs.flatMap((index, input) => {
    const tensor = constants.get(index);
    if (!tensor) return [];
    if (isWeightOrBias(operator, input)) return [tensor];
    const isNumber = floating.has(tensor.type) || tensor.quantization !== undefined;
    return isNumber && elementCount(tensor.shape) > 1 ? [tensor] : [];
  });
  return [...new Set(found)];
}

function macsByOperator(graph: TfliteGraph): Map<TfliteOperator, number> {
  const batch = graph.tensors[graph.inputs[0] ?? -1]?.shape[0] || 1;
  return new Map(weightedOperators(graph).map((layer) => [layer.operator, macsOf(layer, graph) / batch]));
}

/** Elements of the output, or for a transposed convolution of the input, times the products of each. Weights are OHWI, depthwise 1HWC. */
function macsOf({ operator, weights, activations }: WeightedOperator, { tensors }: TfliteGraph): number {
  const output = elementCount(tensors[operator.outputs[0] ?? -1]?.shape ?? [0]);
  const { shape } = weights;
  switch (operator.op) {
    case 'DEPTHWISE_CONV_2D':
      return output * elementCount(shape.slice(1, 3));
    case 'TRANSPOSE_CONV':
      return elementCount(activations.shape) * elementCount(shape.slice(0, 3));
    case 'CONV_3D':
      return output * elementCount(shape.slice(0, 4));
    case 'BATCH_MATMUL':
      return output * (activations.shape.at(operator.options?.['adjX'] ? -2 : -1) ?? 0);
    default:
      return output * elementCount(shape.slice(1));
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
