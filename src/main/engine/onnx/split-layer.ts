import { intsAttribute } from './attributes';
import { FreshNames } from './fresh-names';
import type { Attribute, Graph, Node, Tensor } from './graph';
import { attr, makeNode } from './make';

/** How one layer becomes two; the inner value between them has as many channels as the weights say. */
export interface LayerSplit {
  /**
   * `matrix`: two matrix products; `channel`: the kernel, then 1x1; `spatial`: the kernel's columns, then its rows.
   */
  kind: 'matrix' | 'channel' | 'spatial';
  first: Tensor;
  second: Tensor;
}

type Attributes = Record<string, Attribute>;

/** Attributes of a 2-D convolution along one axis only; the other has a kernel of 1. */
function alongAxis(node: Node, axis: number, size: number): Attributes {
  const only = (values: readonly number[], fallback: number): number[] =>
    values.map((value, at) => (at % 2 === axis ? value : fallback));
  const result: Attributes = { kernel_shape: attr.ints(only([size, size], 1)) };
  for (const [name, fallback] of [
    ['strides', 1],
    ['dilations', 1],
    ['pads', 0],
  ] as const) {
    const values = intsAttribute(node, name);
    if (values) result[name] = attr.ints(only(values, fallback));
  }
  if (node.attributes['auto_pad']) result['auto_pad'] = node.attributes['auto_pad'];
  return result;
}

function splitAttributes(node: Node, { kind, first, second }: LayerSplit): [Attributes, Attributes] {
  if (kind === 'spatial') return [alongAxis(node, 0, first.shape[2]!), alongAxis(node, 1, second.shape[3]!)];
  if (kind === 'channel')
    return [{ ...node.attributes }, { kernel_shape: attr.ints(second.shape.slice(2).map(() => 1)) }];
  // Scales and the bias of a Gemm belong to its result.
  const transB = node.attributes['transB'];
  const inner: Attributes = transB ? { transB } : {};
  return [inner, { ...node.attributes }];
}

/**
 * Puts two layers in the place of one, in the caller's own graph. The second keeps name, bias and output, so that what knows the layer by name finds
 * its result; the first is named `NAME/low-rank`.
 */
export function splitLayer(graph: Graph, node: Node, split: LayerSplit): void {
  const names = new FreshNames(graph);
  const [firstAttributes, secondAttributes] = splitAttributes(node, split);
  const base = node.outputs[0]!;
  const [firstWeight, secondWeight, inner] = [
    names.like(`${base}.first`),
    names.like(`${base}.second`),
    names.like(`${base}.inner`),
  ];
  graph.initializers.set(firstWeight, split.first);
  graph.initializers.set(secondWeight, split.second);
  const name = node.name === '' ? '' : `${node.name}/low-rank`;
  const first = makeNode(node.op, [node.inputs[0]!, firstWeight], [inner], firstAttributes, name);
  graph.nodes.splice(graph.nodes.indexOf(node), 0, first);
  node.inputs = [inner, secondWeight, ...node.inputs.slice(2)];
  node.attributes = secondAttributes;
}
