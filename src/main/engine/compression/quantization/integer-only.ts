import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { constantValues } from '../../onnx/parameters';
import { followingOps, movingOps } from './quantized-operators';

/** Become part of the range that their result is quantized to. */
const absorbedOps = new Set(['Relu', 'Clip']);
/** What ONNX Runtime's CPU provider fuses, between DequantizeLinear and QuantizeLinear, to one operator on integers. */
const fusedOps = new Set(
  [...movingOps, 'Conv', 'Gemm', 'MatMul', ...followingOps].filter((op) => !absorbedOps.has(op)),
);
const floatTypes = new Set(['float32', 'float64', 'float16', 'bfloat16']);
/** Give floats whatever they read. */
const makesFloat = new Set(['DequantizeLinear', 'Cast']);

/** Values that every inference computes in floats. */
function floatValues(graph: Graph, constant: ReadonlySet<string>): Set<string> {
  const floats = new Set(graph.inputs.filter(({ type }) => floatTypes.has(type)).map(({ name }) => name));
  for (const node of graph.nodes) {
    const readsFloat = node.inputs.some((input) => floats.has(input));
    const isFloat = node.op !== 'QuantizeLinear' && (readsFloat || makesFloat.has(node.op));
    for (const output of node.outputs) if (isFloat && !constant.has(output)) floats.add(output);
  }
  return floats;
}

/** Every path from here ends in a QuantizeLinear, with at most one absorbed activation before it. */
function isQuantizedNext(value: string, index: GraphIndex, mayAbsorb: boolean): boolean {
  const readers = index.consumers(value);
  if (readers.length === 0 || index.isOutput(value)) return false;
  return readers.every(
    (reader) =>
      reader.op === 'QuantizeLinear' ||
      (mayAbsorb &&
        absorbedOps.has(reader.op) &&
        readers.length === 1 &&
        isQuantizedNext(reader.outputs[0]!, index, false)),
  );
}

/**
 * The first node of a QDQ graph that ONNX Runtime would compute in floats between input and output, or undefined where integers go in,
 * come out, and are all there is in between. Nodes that only decode weights do not count: they run once, when the model loads.
 */
export function floatOperator(graph: Graph): Node | undefined {
  const index = indexGraph(graph);
  const constant = constantValues(graph);
  const floats = floatValues(graph, constant);
  const isDequantized = (value: string): boolean => index.producer(value)?.op === 'DequantizeLinear';
  return graph.nodes.find((node) => {
    if (node.outputs.every((output) => constant.has(output))) return false;
    if (node.outputs.some((output) => floats.has(output) && index.isOutput(output))) return true;
    const read = node.inputs.filter((input) => floats.has(input));
    if (graph.inputs.some(({ name }) => read.includes(name))) return true;
    if (node.op === 'DequantizeLinear') return false;
    if (node.op === 'QuantizeLinear') return index.producer(read[0] ?? '') === undefined;
    if (read.length === 0) return node.outputs.some((output) => floats.has(output));
    if (absorbedOps.has(node.op)) {
      const producer = index.producer(node.inputs[0]!);
      const isAbsorbed = producer !== undefined && isQuantizedNext(node.inputs[0]!, index, true);
      return !isAbsorbed || !fusedOps.has(producer.op);
    }
    return (
      node.domain !== '' ||
      !fusedOps.has(node.op) ||
      !read.every(isDequantized) ||
      !node.outputs.every((output) => output === '' || isQuantizedNext(output, index, true))
    );
  });
}
