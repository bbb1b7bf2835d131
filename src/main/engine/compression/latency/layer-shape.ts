import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import { singleBatch } from '../../onnx/classifier';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { inferShapes, type TypedShape } from '../../onnx/shapes';

/** What the latency of a layer depends on, at batch 1. Plain data: part of a cache key. */
export interface LayerShape {
  op: 'Conv' | 'Gemm';
  /** Those of a fully connected layer are its features. */
  inputChannels: number;
  outputChannels: number;
  /** Convolutions in one; as many as channels for a depthwise layer. */
  groups: number;
  /** Rows and columns of the input; none for a fully connected layer. */
  spatial: number[];
  kernel: number[];
  strides: number[];
  dilations: number[];
  pads: number[];
  autoPad: string;
  /** The activation the runtime computes with the layer. */
  activation: 'Relu' | 'Clip' | '';
  /** A residual sum the runtime computes with the layer. */
  addsResidual: boolean;
}

/**
 * The layers of a float graph (Conv, Gemm, MatMul with constant weights and known shapes) by the name of the value each gives. Names of
 * values, unlike nodes, survive copies of the graph and are never empty.
 */
export function layerShapes(graph: Graph): Map<string, LayerShape> {
  const shapes = inferShapes(graph, singleBatch(graph));
  const index = indexGraph(graph);
  const order = new Map(graph.nodes.map((node, position) => [node, position]));
  const result = new Map<string, LayerShape>();
  for (const node of graph.nodes) {
    const shape = node.domain === '' ? shapeOf(node, shapes) : undefined;
    if (shape) result.set(node.outputs[0]!, { ...shape, ...whatFollows(node, index, order) });
  }
  return result;
}

type Fused = Pick<LayerShape, 'activation' | 'addsResidual'>;

function shapeOf(node: Node, shapes: ReadonlyMap<string, TypedShape>): Omit<LayerShape, keyof Fused> | undefined {
  const numbersOf = (value: string | undefined): number[] | undefined => {
    const shape = shapes.get(value ?? '')?.shape;
    return shape?.every((dimension) => typeof dimension === 'number') ? shape : undefined;
  };
  const [input, weight, output] = [numbersOf(node.inputs[0]), numbersOf(node.inputs[1]), numbersOf(node.outputs[0])];
  if (!input || !weight || !output) return undefined;
  const [inputChannels, outputChannels] = [input[1] ?? 0, output[1] ?? 0];
  if (node.op === 'Conv' && input.length === 4 && weight.length === 4) {
    return {
      op: 'Conv',
      inputChannels,
      outputChannels,
      groups: intAttribute(node, 'group', 1),
      spatial: input.slice(2),
      kernel: weight.slice(2),
      strides: [...(intsAttribute(node, 'strides') ?? [1, 1])],
      dilations: [...(intsAttribute(node, 'dilations') ?? [1, 1])],
      pads: [...(intsAttribute(node, 'pads') ?? [0, 0, 0, 0])],
      autoPad: stringAttribute(node, 'auto_pad', 'NOTSET'),
    };
  }
  if ((node.op !== 'Gemm' && node.op !== 'MatMul') || input.length !== 2 || weight.length !== 2) return undefined;
  const none = { groups: 1, spatial: [], kernel: [], strides: [], dilations: [], pads: [], autoPad: 'NOTSET' };
  return { op: 'Gemm', inputChannels, outputChannels, ...none };
}

function whatFollows(node: Node, index: GraphIndex, order: ReadonlyMap<Node, number>): Fused {
  if (node.op !== 'Conv') return { activation: '', addsResidual: false };
  let value = node.outputs[0]!;
  let next = index.soleConsumer(value);
  if (next?.op === 'BatchNormalization') next = index.soleConsumer((value = next.outputs[0]!));
  // The runtime folds a sum into one of the layers that give its terms, the one computed last.
  const other = next?.op === 'Add' ? index.producer(next.inputs.find((input) => input !== value) ?? '') : undefined;
  const addsResidual = other !== undefined && order.get(other)! < order.get(node)!;
  if (addsResidual) next = index.soleConsumer(next!.outputs[0]!);
  return { activation: next?.op === 'Relu' || next?.op === 'Clip' ? next.op : '', addsResidual };
}
