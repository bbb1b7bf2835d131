import { floatAttribute, intAttribute, stringAttribute } from '../../onnx/attributes';
import { elementCount, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { weightLayers, type WeightLayer } from '../layers/weight-layers';
import type { AffineScale } from '../algebra/affine-quantization';
import { scalarOf } from './integer-forms';
import { fusedOperators, joiningOps, type QuantizedOperators } from './quantized-operators';
import { allBounds, valueBounds } from './value-bounds';

/**
 * Where a graph computes in integers: which layers and operators take quantized inputs, and which values get a quantization of their own.
 * The choice follows what ONNX Runtime fuses to integer kernels on its CPU provider.
 */
export interface QdqPlan {
  /** Layers with constant weights, by node. */
  layers: ReadonlyMap<Node, QuantizedLayer>;
  /** All nodes that compute on quantized values, layers included. */
  nodes: ReadonlySet<Node>;
  /** Activations that become part of their producer's output range: what they read is not quantized, what they write is. */
  absorbed: ReadonlySet<Node>;
  /** Values that are quantized, in graph order. */
  values: readonly string[];
  /** Values that share their scale with another one: name -> the group's representative. */
  groupOf(value: string): string;
  /** Quantized values whose range follows from that of another value: they need not be observed. */
  derived: ReadonlySet<string>;
  /** Scales that a kernel prescribes, by group. */
  fixed: ReadonlyMap<string, AffineScale>;
  /** Products with a positive constant: the integers of `source`, read with `factor` times its scale. No operator computes them. */
  rescaled: ReadonlyMap<string, { source: string; factor: number }>;
}

export interface QuantizedLayer extends WeightLayer {
  /** Float32, one per output channel. */
  bias?: Float32Array;
}

function biasOf(graph: Graph, { node, weight, channelAxis }: WeightLayer): Float32Array | undefined | 'unsuitable' {
  const name = node.op === 'MatMul' ? '' : (node.inputs[2] ?? '');
  if (name === '') return undefined;
  const bias: Tensor | undefined = graph.initializers.get(name);
  const channels = weight.shape[channelAxis]!;
  if (bias?.type !== 'float32' || bias.shape.at(-1) !== channels || elementCount(bias.shape) !== channels)
    return 'unsuitable';
  const beta = node.op === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  return (bias.data as Float32Array).map((value) => value * beta);
}

export function quantizedLayers(graph: Graph, isExcluded: (node: Node) => boolean): Map<Node, QuantizedLayer> {
  const layers = new Map<Node, QuantizedLayer>();
  for (const layer of weightLayers(graph)) {
    const isPlainGemm = intAttribute(layer.node, 'transA', 0) === 0 && floatAttribute(layer.node, 'alpha', 1) === 1;
    if (layer.node.op === 'Gemm' && !isPlainGemm) continue;
    if (graph.initializers.has(layer.node.inputs[0]!) || isExcluded(layer.node)) continue;
    const bias = biasOf(graph, layer);
    if (bias !== 'unsuitable') layers.set(layer.node, { ...layer, bias });
  }
  return layers;
}

/** The group whose integers a value is made of, whatever positive constants they are multiplied with. */
export function integersOf(plan: Pick<QdqPlan, 'groupOf' | 'rescaled'>, value: string): string {
  const group = plan.groupOf(value);
  const rescaled = plan.rescaled.get(group);
  return rescaled ? integersOf(plan, rescaled.source) : group;
}

/** The scale of any value: that of a product with a constant is the scale of what is multiplied, times the constant. @param ownScale of all others */
export function scalesOfPlan(
  { groupOf, rescaled }: Pick<QdqPlan, 'groupOf' | 'rescaled'>,
  ownScale: (value: string) => AffineScale,
): (value: string) => AffineScale {
  const scaleOf = (value: string): AffineScale => {
    const product = rescaled.get(groupOf(value));
    if (!product) return ownScale(value);
    const { scale, zeroPoint } = scaleOf(product.source);
    return { scale: Math.fround(scale * product.factor), zeroPoint };
  };
  return scaleOf;
}

/** Values that share a scale. */
export class ScaleGroups {
  private readonly parents = new Map<string, string>();
  find = (value: string): string => {
    const parent = this.parents.get(value);
    return parent === undefined ? value : this.find(parent);
  };
  join(a: string, b: string): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first !== second) this.parents.set(second, first);
  }
}

const hasKernel = ({ op }: Node, { moving, pooling, following }: QuantizedOperators): boolean =>
  moving.has(op) || pooling.has(op) || following.has(op);

/** Whether the node may compute on quantized values, given the ones known so far. */
function follows(
  node: Node,
  graph: Graph,
  operators: QuantizedOperators,
  isQuantized: (value: string) => boolean,
): boolean {
  if (node.domain !== '' || !hasKernel(node, operators)) return false;
  const first = node.inputs[0] ?? '';
  if (node.op === 'Pad' && !addsZeros(node, graph)) return false;
  if (!joiningOps.has(node.op))
    return isQuantized(first) && (node.op === 'Split' || node.outputs.filter(Boolean).length === 1);
  const constants = node.inputs.filter((input) => graph.initializers.has(input));
  if (constants.length > 0 && !operators.takesConstants(node, graph, constants)) return false;
  return node.inputs.some(isQuantized);
}

/** Whether what a Pad puts around its input is zero or taken from it: both are codes of the input. */
function addsZeros(node: Node, graph: Graph): boolean {
  const value = node.inputs[2] ?? '';
  return stringAttribute(node, 'mode', 'constant') !== 'constant' || value === '' || scalarOf(graph, value) === 0;
}

/** The value that a node multiplies with a positive constant, and that constant. */
function rescaling(node: Node, graph: Graph): { source: string; factor: number } | undefined {
  if (node.domain !== '' || (node.op !== 'Mul' && node.op !== 'Div')) return undefined;
  const [first, second] = node.inputs as [string, string];
  const source = node.op === 'Mul' && graph.initializers.has(first) ? second : first;
  const number = scalarOf(graph, source === first ? second : first);
  const isPlain = number !== undefined && number > 0 && Number.isFinite(1 / number) && Number.isFinite(number);
  if (!isPlain || graph.initializers.has(source)) return undefined;
  return { source, factor: node.op === 'Mul' ? number : 1 / number };
}

function absorbedBy(
  node: Node,
  index: GraphIndex,
  computing: ReadonlySet<Node>,
  { absorbing }: QuantizedOperators,
): boolean {
  if (node.op !== 'Relu' && node.op !== 'Clip') return false;
  const input = node.inputs[0]!;
  const producer = index.producer(input);
  return (
    producer !== undefined &&
    computing.has(producer) &&
    absorbing.has(producer.op) &&
    index.soleConsumer(input) === node
  );
}

/**
 * The members of a Concat that may have the scale of what they are joined to: those that nothing else reads, so that they are rounded once in place of twice.
 * One behind a Relu or Clip keeps its scale where others reach beyond its bounds: codes that do too would not imply the activation, and the kernel would not fuse it.
 */
function joinedMembers(
  node: Node,
  members: readonly string[],
  graph: Graph,
  index: GraphIndex,
  { moving }: QuantizedOperators,
): string[] {
  const [lowest, highest] = allBounds(members, graph, index);
  return members.filter((member) => {
    const producer = index.producer(member);
    const [low, high] = valueBounds(member, graph, index);
    const isOwn = producer !== undefined && !moving.has(producer.op) && index.soleConsumer(member) === node;
    return isOwn && low <= lowest && high >= highest;
  });
}

/**
 * Plans the quantization of a float graph with plain weights and batch norms folded. Excluded nodes go on computing in float.
 * @param operators which operators have integer kernels and which share a scale; those of ONNX Runtime by default
 */
export function planQdq(
  graph: Graph,
  isExcluded: (node: Node) => boolean = () => false,
  operators: QuantizedOperators = fusedOperators,
): QdqPlan {
  const index = indexGraph(graph);
  const layers = quantizedLayers(graph, isExcluded);
  const nodes = new Set<Node>();
  const absorbed = new Set<Node>();
  const values = new Set<string>();
  const derived = new Set<string>();
  const fixed = new Map<string, AffineScale>();
  const rescaled = new Map<string, { source: string; factor: number }>();
  const groups = new ScaleGroups();
  const isQuantized = (value: string): boolean => values.has(value);

  /** One scale for values of which the last is made of the others; those with a scale of their kernel keep it. */
  const share = (members: readonly string[], result: string): void => {
    const free = members.filter((value) => !fixed.has(groups.find(value)));
    const [first = members[0]!, ...others] = free;
    for (const value of [...others, result]) groups.join(first, value);
    if (free.length === members.length || free.length === 0) derived.add(result);
  };

  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    if (!isExcluded(node) && absorbedBy(node, index, nodes, operators)) {
      absorbed.add(node);
      values.delete(node.inputs[0]!);
      values.add(output);
      continue;
    }
    const scaling = isExcluded(node) ? undefined : rescaling(node, graph);
    if (scaling && isQuantized(scaling.source)) {
      rescaled.set(output, scaling);
      derived.add(output);
      values.add(output);
      continue;
    }
    const isLayer = layers.has(node);
    if (!isLayer && (isExcluded(node) || !follows(node, graph, operators, isQuantized))) continue;
    nodes.add(node);
    const dataInputs = isLayer || !joiningOps.has(node.op) ? node.inputs.slice(0, 1) : node.inputs;
    const variable = dataInputs.filter((input) => !graph.initializers.has(input));
    for (const input of variable) values.add(input);
    for (const result of node.outputs) {
      if (result === '') continue;
      values.add(result);
      const prescribed = operators.fixed.get(node.op);
      if (prescribed) {
        fixed.set(result, prescribed);
        derived.add(result);
      } else if (operators.moving.has(node.op) || operators.pooling.has(node.op)) share(variable, result);
      else if (node.op === 'Concat') {
        const joined = joinedMembers(node, variable, graph, index, operators).filter((member) => !rescaled.has(member));
        if (joined.length === variable.length) share(joined, result);
        else for (const member of joined) groups.join(result, member);
      }
    }
  }
  const isReadAsCodes = (value: string): boolean =>
    index
      .consumers(value)
      .some((reader) => nodes.has(reader) || absorbed.has(reader) || rescaled.has(reader.outputs[0]!));
  for (const { op, outputs } of layers.keys()) {
    const [output] = outputs as [string];
    if (operators.giveFloat.has(op) && !index.isOutput(output) && !isReadAsCodes(output)) values.delete(output);
  }
  return { layers, nodes, absorbed, values: [...values], groupOf: groups.find, derived, fixed, rescaled };
}
