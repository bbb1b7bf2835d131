import type { Graph, Node } from '../../onnx/graph';
import { float32Tensor, makeNode } from '../../onnx/make';
import { channelPeaks, scaleChannels, weightChannels, weightedSums, type WeightChannels } from './channel-scaling';
import type { EqualizationPair } from './equalization-pairs';
import { FreshNames } from '../../onnx/fresh-names';
import type { WeightLayer } from '../layers/weight-layers';

/**
 * Cross-layer equalization (Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019,
 * section 4.1): W2 f(W1 x + b1) = (W2 S) f(S^-1 W1 x + S^-1 b1) for f = Relu, with S chosen so that both layers use the same range in
 * every channel: s = sqrt(r1 r2) / r2, where r is the largest magnitude of a channel.
 */
const largestSweeps = 100;
/** Stops when no factor moves more than this. */
const tolerance = 1e-4;

const isUsable = (peak: number): boolean => Number.isFinite(peak) && peak > 0;

/** One update of S for a pair. A channel that one side does not use stays as it is. */
export function equalizingFactors(first: Float64Array, second: Float64Array): Float64Array {
  return first.map((peak, channel) => {
    const other = second[channel]!;
    return isUsable(peak) && isUsable(other) ? Math.sqrt(peak / other) : 1;
  });
}

interface WorkingWeights {
  data: Float32Array;
  channels: WeightChannels;
}

/** Between which the factor of each channel must stay. */
export interface FactorLimits {
  least: Float64Array;
  most: Float64Array;
}

/** The factor s of every channel of each pair, within its limits, iterated over all pairs until none moves any more. */
export function equalizationScales(
  pairs: readonly EqualizationPair[],
  limits: ReadonlyMap<EqualizationPair, FactorLimits> = new Map(),
): Map<EqualizationPair, Float64Array> {
  const working = new Map<Node, WorkingWeights>();
  const weightsOf = (layer: WeightLayer): WorkingWeights => {
    let weights = working.get(layer.node);
    if (!weights) {
      weights = { data: layer.weight.data as Float32Array, channels: weightChannels(layer) };
      working.set(layer.node, weights);
    }
    return weights;
  };
  const scales = new Map(
    pairs.map((pair) => [pair, new Float64Array(weightsOf(pair.first).channels.outputs).fill(1)] as const),
  );
  for (let sweep = 0; sweep < largestSweeps; sweep++) {
    let largestMove = 0;
    for (const pair of pairs) {
      const first = weightsOf(pair.first);
      const { outputs, outputOf } = first.channels;
      const seconds = pair.seconds.map(weightsOf);
      const readPeaks = new Float64Array(outputs);
      for (const { data, channels } of seconds) {
        channelPeaks(data, outputs, channels.inputOf).forEach(
          (peak, channel) => (readPeaks[channel] = Math.max(readPeaks[channel]!, peak)),
        );
      }
      const factors = equalizingFactors(channelPeaks(first.data, outputs, outputOf), readPeaks);
      const total = scales.get(pair)!;
      const limit = limits.get(pair);
      for (const [channel, wanted] of factors.entries()) {
        const before = total[channel]!;
        const after = Math.min(limit?.most[channel] ?? Infinity, Math.max(limit?.least[channel] ?? 0, before * wanted));
        const factor = after / before;
        factors[channel] = factor;
        total[channel] = after;
        largestMove = Math.max(largestMove, Math.abs(factor - 1));
      }
      const inverse = factors.map((factor) => 1 / factor);
      first.data = scaleChannels(first.data, inverse, outputOf);
      for (const second of seconds) second.data = scaleChannels(second.data, factors, second.channels.inputOf);
    }
    if (largestMove < tolerance) break;
  }
  return scales;
}

function changeWeights(graph: Graph, layer: WeightLayer, factors: Float64Array, side: 'inputOf' | 'outputOf'): void {
  const weight = graph.initializers.get(layer.weightName)!;
  const scaled = scaleChannels(weight.data as Float32Array, factors, weightChannels(layer)[side]);
  graph.initializers.set(layer.weightName, float32Tensor(weight.shape, scaled));
}

/** Applies `change` to the bias of a layer, which gets one where it has none. */
function changeBias(
  graph: Graph,
  { node, weight, channelAxis }: WeightLayer,
  names: FreshNames,
  change: (value: number, channel: number) => number,
): void {
  const channels = weight.shape[channelAxis]!;
  const name = node.inputs[2] ?? '';
  const bias = graph.initializers.get(name);
  const values = bias ? (bias.data as Float32Array) : new Float32Array(channels);
  const target = name || names.next();
  graph.initializers.set(target, float32Tensor(bias?.shape ?? [channels], values.map(change)));
  node.inputs = [node.inputs[0]!, node.inputs[1]!, target];
}

/** Writes the scales into the weights, in place. Activations stay: see `replaceCaps`. */
export function applyScales(graph: Graph, scales: ReadonlyMap<EqualizationPair, Float64Array>): void {
  const names = new FreshNames(graph);
  for (const [pair, factors] of scales) {
    changeWeights(
      graph,
      pair.first,
      factors.map((factor) => 1 / factor),
      'outputOf',
    );
    if (pair.first.node.inputs[2]) changeBias(graph, pair.first, names, (value, channel) => value / factors[channel]!);
    for (const second of pair.seconds) changeWeights(graph, second, factors, 'inputOf');
  }
}

/**
 * High-bias absorption (Nagel et al., section 4.1.3): `shifts` are taken from the first layer's bias and given to those that read it,
 * W2 f(y) + b2 = W2 f(y - c) + (b2 + W2 c) wherever y >= c. In place.
 */
export function absorbShifts(graph: Graph, shifts: ReadonlyMap<EqualizationPair, Float64Array>): void {
  const names = new FreshNames(graph);
  for (const [pair, shift] of shifts) {
    changeBias(graph, pair.first, names, (value, channel) => value - shift[channel]!);
    for (const second of pair.seconds) {
      const { data } = graph.initializers.get(second.weightName)!;
      const gains = weightedSums(data as Float32Array, weightChannels(second), shift);
      const beta = second.node.attributes['beta'];
      const share = beta?.type === 'float' ? beta.value : 1;
      changeBias(graph, second, names, (value, channel) => value + gains[channel]! / share);
    }
  }
}

/**
 * A Clip(0, cap) in front of scaled channels becomes a Relu; with `exact`, followed by the minimum with cap / s - shift of each channel.
 * In place.
 */
export function replaceCaps(
  graph: Graph,
  scales: ReadonlyMap<EqualizationPair, Float64Array>,
  shifts: ReadonlyMap<EqualizationPair, Float64Array>,
  exact: boolean,
): void {
  const names = new FreshNames(graph);
  const capped = new Map(
    [...scales.keys()].flatMap((pair) => (pair.cap === undefined ? [] : [[pair.activation!, pair]])),
  );
  graph.nodes = graph.nodes.flatMap((node) => {
    const pair = capped.get(node);
    if (!pair) return [node];
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    if (!exact) return [{ ...node, op: 'Relu', inputs: [input], attributes: {} }];
    const caps = scales.get(pair)!.map((factor, channel) => pair.cap! / factor - (shifts.get(pair)?.[channel] ?? 0));
    const [limit, inner] = [names.next(), names.next()];
    const rank = pair.first.weight.shape.length;
    const shape = [1, caps.length, ...new Array<number>(rank - 2).fill(1)];
    graph.initializers.set(limit, float32Tensor(shape, caps));
    return [
      { ...node, op: 'Relu', inputs: [input], outputs: [inner], attributes: {} },
      makeNode('Min', [inner, limit], [output], {}, ''),
    ];
  });
}
