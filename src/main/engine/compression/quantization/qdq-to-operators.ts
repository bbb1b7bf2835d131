import { intAttribute } from '../../onnx/attributes';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { movingOps } from './quantized-operators';

/** A quantization or its inverse: integers or reals, scale, zero point ('' for none). */
type Conversion = [value: string, scale: string, zeroPoint: string];

const conversionOf = (node: Node | undefined, op: string): Conversion | undefined =>
  node?.domain === '' && node.op === op ? [node.inputs[0]!, node.inputs[1]!, node.inputs[2] ?? ''] : undefined;

/** Whether quantizing right behind a Relu or Clip does its work: nothing below zero, nothing above the largest level exists. */
function isDoneByRange(node: Node, [, , zeroPoint]: Conversion, graph: Graph): boolean {
  const lowest = node.op === 'Clip' ? graph.initializers.get(node.inputs[1] ?? '')?.data[0] : 0;
  return Number(lowest) === 0 && Number(graph.initializers.get(zeroPoint)?.data[0]) === 0;
}

/** The node's QuantizeLinear, behind a Relu or Clip that it makes superfluous, if nothing else reads what lies between. */
function quantizationBehind(node: Node, index: GraphIndex, graph: Graph): Node | undefined {
  const next = index.soleConsumer(node.outputs[0]!);
  if (!next) return undefined;
  if (conversionOf(next, 'QuantizeLinear')) return next;
  if (next.op !== 'Relu' && next.op !== 'Clip') return undefined;
  const last = index.soleConsumer(next.outputs[0]!);
  const conversion = conversionOf(last, 'QuantizeLinear');
  return conversion && isDoneByRange(next, conversion, graph) ? last : undefined;
}

function operatorFor(node: Node, inputs: (Conversion | undefined)[], output: Conversion): Node['inputs'] | undefined {
  const [input, weight, bias] = inputs;
  const [, scale, zeroPoint] = output;
  if (!input) return undefined;
  if (movingOps.has(node.op)) {
    const isSame = input[1] === scale && input[2] === zeroPoint && intAttribute(node, 'storage_order', 0) === 0;
    return isSame ? [input[0], ...node.inputs.slice(1)] : undefined;
  }
  if (!weight || weight[2] === '') return undefined;
  if (node.op === 'MatMul') return [...input, ...weight, scale, zeroPoint];
  if (node.op !== 'Conv' || (node.inputs.length > 2 && !bias)) return undefined;
  return [...input, ...weight, scale, zeroPoint, ...(bias ? [bias[0]] : [])];
}

/**
 * A QDQ graph in operator form: QLinearConv and QLinearMatMul, and operators that move elements on integers. Standard ONNX has no integer form of others
 * (Add, Gemm with a bias, averages): they keep their QuantizeLinear and DequantizeLinear, which runtimes fuse.
 */
export function qdqToOperators(graph: Graph): Graph {
  const index = indexGraph(graph);
  const replaced = new Map<Node, Node>();
  const dropped = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.domain !== '') continue;
    const last = quantizationBehind(node, index, graph);
    const output = conversionOf(last, 'QuantizeLinear');
    if (!last || !output) continue;
    const inputs = node.inputs.map((input) => conversionOf(index.producer(input), 'DequantizeLinear'));
    const written = operatorFor(node, inputs, output);
    if (!written) continue;
    const op = movingOps.has(node.op) ? node.op : node.op === 'Conv' ? 'QLinearConv' : 'QLinearMatMul';
    replaced.set(node, makeNode(op, written, [last.outputs[0]!], node.attributes, node.name));
    for (let between = index.soleConsumer(node.outputs[0]!)!; ; between = index.soleConsumer(between.outputs[0]!)!) {
      dropped.add(between);
      if (between === last) break;
    }
  }
  const nodes = graph.nodes.filter((node) => !dropped.has(node)).map((node) => replaced.get(node) ?? node);
  return removeDead({ ...graph, nodes });
}
