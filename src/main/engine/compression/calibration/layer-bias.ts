import { floatAttribute } from '../../onnx/attributes';
import type { Attribute, Graph, Node, Tensor } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { attr, float32Tensor, int32Tensor, makeNode } from '../../onnx/make';
import { roundHalfEven } from '../algebra/affine-quantization';
import { FreshNames } from '../../onnx/fresh-names';
import type { LayerSite } from './layer-matching';

const int32Limit = 2 ** 31 - 1;

/** Constants of a graph, those that it computes included; see `decodeWeights`. */
export type Constants = ReadonlyMap<string, Tensor>;

/** The scale of a DequantizeLinear, one number or one per channel. */
function scaleOf(node: Node, constants: Constants): Float32Array | undefined {
  const scale = constants.get(node.inputs[1] ?? '');
  return scale?.type === 'float32' ? (scale.data as Float32Array) : undefined;
}

const at = (values: ArrayLike<number>, channel: number): number => values[values.length === 1 ? 0 : channel]!;

/** `delta` in steps of `scale`, on top of what is stored. */
function addSteps(stored: ArrayLike<number>, delta: Float64Array, scale: Float32Array): Int32Array {
  return Int32Array.from(delta, (change, channel) => {
    const sum = at(stored, channel) + roundHalfEven(change / at(scale, channel));
    return Math.max(-int32Limit, Math.min(int32Limit, sum));
  });
}

/** A bias in the integers of a layer whose input and weights are integers too. */
function changeIntegerBias(graph: Graph, node: Node, delta: Float64Array, constants: Constants): boolean {
  const index = indexGraph(graph);
  const [input, weight, bias] = [0, 1, 2].map((position) => index.producer(node.inputs[position] ?? ''));
  if (input?.op !== 'DequantizeLinear' || weight?.op !== 'DequantizeLinear') return false;
  const names = new FreshNames(graph);
  const integers = names.next();
  if (bias?.op === 'DequantizeLinear') {
    const [stored, scale] = [constants.get(bias.inputs[0]!), scaleOf(bias, constants)];
    if (stored?.type !== 'int32' || !scale) return false;
    const steps = addSteps(stored.data as Int32Array, delta, scale);
    graph.initializers.set(integers, int32Tensor([delta.length], steps));
    // The dequantization may serve other layers, so this one gets its own.
    const output = names.next();
    const own = { ...bias, inputs: [integers, ...bias.inputs.slice(1)], outputs: [output] };
    graph.nodes.splice(graph.nodes.indexOf(node), 0, own);
    node.inputs[2] = output;
    return true;
  }
  if (node.inputs[2]) return false;
  const [inputScale, weightScale] = [scaleOf(input, constants), scaleOf(weight, constants)];
  if (inputScale?.length !== 1 || !weightScale) return false;
  const scale = weightScale.map((each) => Math.fround(each * inputScale[0]!));
  const [scaleName, output] = [names.next(), names.next()];
  graph.initializers.set(integers, int32Tensor([delta.length], addSteps([0], delta, scale)));
  graph.initializers.set(scaleName, float32Tensor(scale.length === 1 ? [] : [scale.length], scale));
  const attributes: Record<string, Attribute> = scale.length === 1 ? {} : { axis: attr.int(0) };
  graph.nodes.splice(
    graph.nodes.indexOf(node),
    0,
    makeNode('DequantizeLinear', [integers, scaleName], [output], attributes, ''),
  );
  node.inputs = [node.inputs[0]!, node.inputs[1]!, output];
  return true;
}

function changeFloatBias(
  graph: Graph,
  node: Node,
  position: number,
  delta: Float64Array,
  constants: Constants,
): boolean {
  const name = node.inputs[position] ?? '';
  const stored = constants.get(name);
  if (name !== '' && stored?.type !== 'float32') return false;
  const values = (stored?.data ?? new Float32Array(1)) as Float32Array;
  if (values.length !== 1 && values.length !== delta.length) return false;
  const share = node.op === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  const fresh = new FreshNames(graph).next();
  const changed = Float32Array.from(delta, (change, channel) => at(values, channel) + change / share);
  graph.initializers.set(fresh, float32Tensor([delta.length], changed));
  node.inputs = Array.from({ length: Math.max(node.inputs.length, position + 1) }, (_, input) =>
    input === position ? fresh : (node.inputs[input] ?? ''),
  );
  return true;
}

/**
 * Adds `delta`, one number a channel, to what a layer gives, in whatever form its bias is stored. Changes the graph in place; says
 * whether it could. The tensor that held the bias before stays until the graph is cleaned.
 */
export function shiftBias(graph: Graph, site: LayerSite, delta: Float64Array, constants: Constants): boolean {
  if (site.norm) return changeFloatBias(graph, site.norm, 2, delta, constants);
  return (
    changeIntegerBias(graph, site.node, delta, constants) || changeFloatBias(graph, site.node, 2, delta, constants)
  );
}
