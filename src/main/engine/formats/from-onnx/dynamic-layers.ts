import { copyGraph, elementCount, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { FreshNames } from '../../onnx/fresh-names';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { attr, float32Tensor, makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';

/** The nodes of a layer that measures the range of its input while it runs. */
interface DynamicLayer {
  /** ConvInteger or MatMulInteger. */
  node: Node;
  /** What is measured. */
  input: string;
  scale: Tensor;
  /** Gives the layer's result: the sums times both scales. */
  last: Node;
  /** What stands between. */
  inner: Node[];
}

function soleConsumer(index: GraphIndex, node: Node | undefined, op: string): Node | undefined {
  const next = node && index.soleConsumer(node.outputs[0]!);
  return next?.op === op ? next : undefined;
}

function dynamicLayer(node: Node, graph: Graph, index: GraphIndex): DynamicLayer | undefined {
  if (node.domain !== '' || (node.op !== 'ConvInteger' && node.op !== 'MatMulInteger')) return undefined;
  const measured = index.producer(node.inputs[0]!);
  const cast = soleConsumer(index, node, 'Cast');
  const last = soleConsumer(index, cast, 'Mul');
  if (measured?.op !== 'DynamicQuantizeLinear' || !cast || !last) return undefined;
  const factor = index.producer(last.inputs.find((name) => name !== cast.outputs[0]) ?? '');
  if (factor?.op !== 'Mul' || !factor.inputs.includes(measured.outputs[1]!)) return undefined;
  const scale = graph.initializers.get(factor.inputs.find((name) => name !== measured.outputs[1]) ?? '');
  return scale && { node, input: measured.inputs[0]!, scale, last, inner: [node, cast] };
}

/**
 * Layers that quantize their input at every run as float layers with int8 weights, which is what TensorFlow Lite's hybrid kernels are made
 * of: they measure the range themselves.
 */
export function floatLayers(graph: Graph): Graph {
  const index = indexGraph(graph);
  const found = graph.nodes.flatMap((node) => dynamicLayer(node, graph, index) ?? []);
  if (found.length === 0) return graph;
  const result = copyGraph(graph);
  const names = new FreshNames(graph);
  const layerAt = new Map(found.map((layer) => [layer.last, layer]));
  const inner = new Set(found.flatMap((layer) => layer.inner));
  result.nodes = graph.nodes.flatMap((node) => {
    const layer = layerAt.get(node);
    if (!layer) return inner.has(node) ? [] : [node];
    const { scale } = layer;
    const isConv = layer.node.op === 'ConvInteger';
    const count = elementCount(scale.shape);
    const [scaleName, weights] = [names.next(), names.next()];
    result.initializers.set(scaleName, float32Tensor(count === 1 ? [] : [count], scale.data as Float32Array));
    const codes = [layer.node.inputs[1]!, scaleName, ...(layer.node.inputs[3] ? [layer.node.inputs[3]] : [])];
    const attributes = isConv ? layer.node.attributes : {};
    return [
      makeNode('DequantizeLinear', codes, [weights], { axis: attr.int(isConv ? 0 : 1) }, ''),
      makeNode(isConv ? 'Conv' : 'MatMul', [layer.input, weights], node.outputs, attributes, layer.node.name),
    ];
  });
  return removeDead(result);
}
