import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';
import { attr, float32Tensor, makeNode } from '../onnx/make';
import { lastLayerOf } from './logits';

/** As PyTorch has it, in the terms of ONNX: what stays of the old statistics. */
const momentum = 0.9;

/**
 * The network with a batch norm behind each convolution that has none, but not behind the classifier: most files come with theirs folded,
 * and without them deep networks hardly begin to learn. The norm does what the bias did, which goes. For weights that are drawn anew; the
 * input is not changed.
 */
export function withNorms(graph: Graph): Graph {
  const result = copyGraph(graph);
  const names = new FreshNames(graph);
  const { consumers } = indexGraph(graph);
  const last = lastLayerOf(graph);
  result.nodes = result.nodes.flatMap((node, at) => {
    const original = graph.nodes[at]!;
    const channels = graph.initializers.get(node.inputs[1] ?? '')?.shape[0];
    const output = node.outputs[0]!;
    const isNormed = consumers(output).some(({ op }) => op === 'BatchNormalization');
    if (node.op !== 'Conv' || original === last || channels === undefined || isNormed) return [node];
    const inner = names.like(`${output}_raw`);
    const constants = [1, 0, 0, 1].map((value) => {
      const name = names.like(`${output}_norm`);
      result.initializers.set(name, float32Tensor([channels], new Float32Array(channels).fill(value)));
      return name;
    });
    node.outputs = [inner];
    node.inputs = node.inputs.slice(0, 2);
    const norm = makeNode('BatchNormalization', [inner, ...constants], [output], { momentum: attr.float(momentum) });
    return [node, { ...norm, name: names.like(`${original.name}_norm`) }];
  });
  return result;
}
