import { floatAttribute } from '../../onnx/attributes';
import type { Graph, Node } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { FreshNames } from '../../onnx/fresh-names';

/** The bias of a layer that may be changed: its values, zeros where it has none; undefined where there is no place for one. */
export function biasValues(graph: Graph, node: Node, outputs: number): Float32Array | undefined {
  if (node.op === 'MatMul') return undefined;
  if (node.op === 'Gemm' && (floatAttribute(node, 'alpha', 1) !== 1 || floatAttribute(node, 'beta', 1) !== 1))
    return undefined;
  const name = node.inputs[2] ?? '';
  if (name === '') return new Float32Array(outputs);
  const bias = graph.initializers.get(name);
  return bias?.type === 'float32' && bias.data.length === outputs ? (bias.data as Float32Array) : undefined;
}

/** Adds to the bias of a layer that `biasValues` knows, in a tensor of its own. Changes the graph in place. */
export function addToBias(graph: Graph, node: Node, shift: ArrayLike<number>): void {
  const values = biasValues(graph, node, shift.length);
  if (!values) return;
  const name = new FreshNames(graph).like(`${node.outputs[0]}_bias`);
  const previous = node.inputs[2] ?? '';
  node.inputs = [node.inputs[0]!, node.inputs[1]!, name];
  graph.initializers.set(
    name,
    float32Tensor(
      [shift.length],
      values.map((value, row) => value + shift[row]!),
    ),
  );
  if (previous !== '' && !graph.nodes.some(({ inputs }) => inputs.includes(previous)))
    graph.initializers.delete(previous);
}
