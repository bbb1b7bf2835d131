import { intAttribute } from './attributes';
import { singleBatch } from './classifier';
import { elementCount, type Dimension, type Graph, type Node } from './graph';
import { constantValues, nonZeroCount, parameterInputs, sizeOf } from './parameters';
import { inferShapes, type TypedShape } from './shapes';
import { straighten } from './straighten';

export interface ParameterCount {
  params: number;
  nonZeroParams: number;
}

type Shapes = ReadonlyMap<string, TypedShape>;

/** Where techniques record the counts when they store weights in a form that hides them (bit planes, bit masks). */
export const parameterMetadata = { params: 'whittle.params', nonZeroParams: 'whittle.nonZeroParams' } as const;

/**
 * Learned parameters: weights and biases as the layers use them, each tensor once. Statistics of batch norms, scales,
 * zero points and shapes are not parameters. The metadata `whittle.params` and `whittle.nonZeroParams` take precedence
 * where a technique wrote them.
 */
export function countParams(graph: Graph): ParameterCount {
  const recorded = (key: string): number | undefined => {
    const text = graph.metadata[key];
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const params = recorded(parameterMetadata.params);
  const nonZeroParams = recorded(parameterMetadata.nonZeroParams);
  if (params !== undefined && nonZeroParams !== undefined) return { params, nonZeroParams };
  const whole = straighten(graph).graph;
  const counted = countStored(whole, inferShapes(whole));
  return { params: params ?? counted.params, nonZeroParams: nonZeroParams ?? counted.nonZeroParams };
}

function countStored(graph: Graph, shapes: Shapes): ParameterCount {
  const constant = constantValues(graph);
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output): [string, Node] => [output, node])),
  );
  const layers = graph.nodes.filter((node) => !isConstant(node, constant));
  const names = new Set(layers.flatMap((node) => parameterInputs(node, constant, shapes)));
  const total = { params: 0, nonZeroParams: 0 };
  for (const name of names) {
    const size = sizeOf(shapes.get(name)!);
    total.params += size;
    total.nonZeroParams += nonZeroCount(name, graph, producers, size);
  }
  return total;
}

/** Nodes that only decode stored weights are no layers. */
export function isConstant(node: Node, constant: ReadonlySet<string>): boolean {
  return node.outputs.length > 0 && node.outputs.every((output) => output === '' || constant.has(output));
}

/** Multiply-accumulates of convolutions and matrix products for one image; the mean over images where some of them take less. */
export function countMacs(graph: Graph): number {
  const { graph: whole, shares } = straighten(graph);
  const counted = [...macsByNode(whole)].map(([node, macs]) => macs * (shares.get(node) ?? 1));
  return Math.round(counted.reduce((sum, macs) => sum + macs, 0));
}

/** The same for each node that computes something of the image. */
export function macsByNode(graph: Graph): Map<Node, number> {
  const shapes = inferShapes(graph, singleBatch(graph));
  const constant = constantValues(graph);
  const batch = batchOf(graph, shapes);
  const nodes = graph.nodes.filter((node) => !isConstant(node, constant));
  return new Map(nodes.map((node) => [node, macsOf(node, shapes) / batch]));
}

export function batchOf(graph: Graph, shapes: Shapes): number {
  const batch = shapes.get(graph.inputs[0]?.name ?? '')?.shape[0];
  return typeof batch === 'number' && batch > 0 ? batch : 1;
}

/**
 * Output elements times the multiply-accumulates of each; 0 where a shape is not known or the operator multiplies
 * nothing.
 */
export function macsOf(node: Node, shapes: Shapes): number {
  const output = shapes.get(node.outputs[0] ?? '')?.shape;
  const input = (index: number): readonly Dimension[] => shapes.get(node.inputs[index] ?? '')?.shape ?? [];
  if (!output || node.domain !== '') return 0;
  switch (node.op) {
    case 'Conv':
    case 'ConvInteger':
      return numbers(output) * numbers(input(1).slice(1));
    case 'QLinearConv':
      return numbers(output) * numbers(input(3).slice(1));
    case 'Gemm':
      return numbers(output) * numbers([input(0)[intAttribute(node, 'transA', 0) ? 0 : 1] ?? 0]);
    case 'MatMul':
    case 'MatMulInteger':
    case 'QLinearMatMul':
      return numbers(output) * numbers([input(0).at(-1) ?? 0]);
    default:
      return 0;
  }
}

function numbers(dimensions: readonly Dimension[]): number {
  const known = dimensions.filter((dimension) => typeof dimension === 'number');
  return known.length === dimensions.length ? elementCount(known) : 0;
}
