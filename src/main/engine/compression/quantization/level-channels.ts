import { intAttribute } from '../../onnx/attributes';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { readsOf } from '../../onnx/subgraphs';
import type { ValueObservation } from '../calibration/activation-observer';
import { observeActivations } from '../calibration/observe-activations';
import type { TechniqueContext } from '../calibration/technique-context';
import { weightLayers, type WeightLayer } from '../layers/weight-layers';
import type { QdqPlan } from './qdq-plan';

/** Channels that meet others in a Concat and that, like all that they meet there, only depthwise convolutions read. */
interface FreeChannels {
  /** Labels of the channels of each value, by which one channel is known in all values. Only values with a free channel are there. */
  of: ReadonlyMap<string, Int32Array>;
  /** Layers that make channels: a factor goes on weights and bias. */
  makers: ReadonlyMap<WeightLayer, Int32Array>;
  /** Depthwise layers that read them: the weights take it back. */
  readers: ReadonlyMap<WeightLayer, Int32Array>;
  isFree(label: number): boolean;
}

/** f(s x) = s f(x) for every channel and s > 0. */
const homogeneous: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'MaxPool', 'AveragePool', 'GlobalAveragePool']);

/** Magnitudes below this share of the largest are those of channels that carry nothing. */
const leastShare = 1e-5;

/**
 * How far beyond its calibrated peak a raised channel has codes: images that were not calibrated on pass the peaks of single channels more often than that of
 * the tensor.
 */
const headroom = 3;

/** @param graph float, with plain weights */
function freeChannels(graph: Graph): FreeChannels {
  const uses = new Map<string, number>();
  for (const name of graph.nodes.flatMap(readsOf)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const isOwn = (name: string): boolean => uses.get(name) === 1;
  const layers = new Map(weightLayers(graph).map((layer) => [layer.node, layer]));
  let labels = 0;
  const bound = new Set<number>();
  const of = new Map<string, Int32Array>();
  const joined = new Set<number>();
  const [makers, readers] = [new Map<WeightLayer, Int32Array>(), new Map<WeightLayer, Int32Array>()];
  const bind = (value: string): void => of.get(value)?.forEach((label) => bound.add(label));
  const passed = (node: Node): Int32Array | undefined => {
    const parts = node.inputs.map((input) => of.get(input));
    if (node.domain !== '') return undefined;
    if (homogeneous.has(node.op)) return node.outputs.length === 1 ? parts[0] : undefined;
    const isJoined = node.op === 'Concat' && intAttribute(node, 'axis', 0) === 1;
    return isJoined && parts.every((part) => part !== undefined) ? concatenated(parts) : undefined;
  };
  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    const layer = layers.get(node);
    const bias = node.inputs[2] ?? '';
    const isPlain = layer !== undefined && node.op === 'Conv' && isOwn(layer.weightName);
    const read = of.get(node.inputs[0]!);
    if (isPlain && read && isDepthwise(layer, read.length)) readers.set(layer, read);
    else if (layer) bind(node.inputs[0]!);
    if (isPlain && (bias === '' || (graph.initializers.get(bias)?.type === 'float32' && isOwn(bias)))) {
      makers.set(
        layer,
        Int32Array.from({ length: layer.weight.shape[0]! }, () => labels++),
      );
      of.set(output, makers.get(layer)!);
    }
    if (layer) continue;
    const through = passed(node);
    if (through && node.op === 'Concat') for (const label of through) joined.add(label);
    if (through) of.set(output, through);
    else for (const value of readsOf(node)) bind(value);
  }
  for (const { name } of graph.outputs) bind(name);
  // A wider range of the others would cost those that are bound their resolution.
  for (let before = -1; before < bound.size;) {
    before = bound.size;
    for (const [value, own] of of) if (own.some((label) => bound.has(label))) bind(value);
  }
  const isFree = (label: number): boolean => joined.has(label) && !bound.has(label);
  for (const [value, own] of of) if (!own.some(isFree)) of.delete(value);
  return { of, makers, readers, isFree };
}

const isDepthwise = ({ node, weight: { shape } }: WeightLayer, channels: number): boolean =>
  intAttribute(node, 'group', 1) === channels && shape[0] === channels && shape[1] === 1;

function concatenated(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

/** The values, of those given and in their order, that show every free channel at least once. */
function showingValues({ of, isFree }: FreeChannels, values: readonly string[]): string[] {
  const seen = new Set<number>();
  return values.filter((value) => {
    const unseen = [...(of.get(value) ?? [])].filter((label) => isFree(label) && !seen.has(label));
    for (const label of unseen) seen.add(label);
    return unseen.length > 0;
  });
}

/**
 * The same network, up to float32 rounding, in which no free channel of a tensor is much narrower than the widest.
 * @param observations of values that show the free channels
 */
function levelled(
  graph: Graph,
  { of, makers, readers, isFree }: FreeChannels,
  observations: ReadonlyMap<string, ValueObservation>,
): Graph {
  const peaks = new Map<number, number>();
  for (const [value, { channelMin, channelMax }] of observations)
    of.get(value)?.forEach((label, channel) => {
      const peak = Math.max(-channelMin[channel]!, channelMax[channel]!);
      if (isFree(label)) peaks.set(label, Math.max(peaks.get(label) ?? 0, peak));
    });
  const top = Math.max(...peaks.values());
  const factorOf = (label: number): number => {
    const peak = peaks.get(label) ?? 0;
    return peak > leastShare * top ? Math.max(1, top / (headroom * peak)) : 1;
  };
  const result = copyGraph(graph);
  const scale = (name: string, factors: readonly number[]): void => {
    const { shape, data } = result.initializers.get(name)!;
    const run = data.length / factors.length;
    const scaled = (data as Float32Array).map((value, index) => value * factors[Math.floor(index / run)]!);
    result.initializers.set(name, float32Tensor(shape, scaled));
  };
  for (const [{ node, weightName }, own] of makers) {
    if (!own.some(isFree)) continue;
    const factors = Array.from(own, factorOf);
    scale(weightName, factors);
    if (node.inputs[2]) scale(node.inputs[2], factors);
  }
  for (const [{ weightName }, own] of readers)
    if (own.some(isFree))
      scale(
        weightName,
        Array.from(own, (label) => 1 / factorOf(label)),
      );
  return result;
}

/**
 * Members of a concatenation differ in range, by ten times where batch norms stand before convolutions (DenseNet), and share the scale of what they are joined
 * to. Where only depthwise convolutions read them, as such norms are, every channel may have any scale: the weights of either side have a scale a channel and
 * take up a factor without another error. So narrow channels are raised to a third of the widest, nearly as if the tensor had a scale for each. What lies between hands a factor on: Relu,
 * pooling, Concat. Elsewhere it does not pay: channels that seldom fire are clipped where others used to give them room.
 * @returns the same network up to float32 rounding, the graph itself where it has no such channels
 * @param plan what is quantized of it. Throws as `observeActivations` does.
 */
export async function levelChannels(
  graph: Graph,
  plan: Pick<QdqPlan, 'values'>,
  context: TechniqueContext,
  id: string,
): Promise<Graph> {
  const free = freeChannels(graph);
  const values = showingValues(free, plan.values);
  return values.length === 0 ? graph : levelled(graph, free, await observeActivations(graph, values, context, id));
}
