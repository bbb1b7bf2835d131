import { AppError } from '@shared/errors';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import type { TechniqueContext } from './technique-context';
import { channelMoments, type ChannelMoments, type ChannelValue } from './channel-moments';
import { FreshNames } from '../../onnx/fresh-names';
import { shiftBias } from './layer-bias';
import type { LayerSite } from './layer-matching';
import { weightLayers } from '../layers/weight-layers';
import { weightOfRows, weightRows } from '../layers/weight-rows';

export interface RecalibrationOptions {
  id: string;
  images: number;
  context: TechniqueContext;
}

/** The batch norms whose statistics are constants of the graph. */
export function batchNorms(graph: Graph): Node[] {
  return graph.nodes.filter(
    ({ op, domain, inputs }) =>
      op === 'BatchNormalization' &&
      domain === '' &&
      [3, 4].every((input) => graph.initializers.get(inputs[input] ?? '')?.type === 'float32'),
  );
}

async function momentsOf(graph: Graph, value: ChannelValue, options: RecalibrationOptions): Promise<ChannelMoments> {
  const { id, images, context } = options;
  return (await channelMoments(graph, [value], context, { id, limit: images })).get(value.name)!;
}

/** A copy with the mean and variance of every batch norm taken anew, one after the other in the order of the network. */
export async function recalibrateNorms(graph: Graph, options: RecalibrationOptions): Promise<Graph> {
  const result = copyGraph(graph);
  const names = new FreshNames(result);
  const norms = batchNorms(result);
  for (const [position, node] of norms.entries()) {
    options.context.progress('taking statistics', position, norms.length);
    const { mean, deviation } = await momentsOf(result, { name: node.inputs[0]!, isSpatial: true }, options);
    const store = (values: Float64Array): string => {
      const name = names.next();
      result.initializers.set(name, float32Tensor([values.length], values));
      return name;
    };
    node.inputs = [...node.inputs.slice(0, 3), store(mean), store(deviation.map((value) => value ** 2))];
  }
  return result;
}

const largestGain = 2;

/** What brings the deviation of a channel back to what it was, within reason; dead channels stay. */
const gainOf = (wanted: number, found: number): number =>
  found > 0 && wanted > 0 ? Math.min(largestGain, Math.max(1 / largestGain, wanted / found)) : 1;

/** Multiplies the weights and the bias of a layer, output channel by output channel; says whether it could. */
function scaleLayer(graph: Graph, { node, norm }: LayerSite, gains: Float64Array): boolean {
  const layer = weightLayers(graph).find((candidate) => candidate.node === node);
  if (!layer || norm || layer.node.op === 'MatMul') return false;
  const rows = weightRows(layer);
  const bias = graph.initializers.get(node.inputs[2] ?? '');
  if (rows.rows !== gains.length || (node.inputs[2] && bias?.data.length !== gains.length)) return false;
  const names = new FreshNames(graph);
  const store = (tensor: NonNullable<typeof bias>): string => {
    const name = names.next();
    graph.initializers.set(name, tensor);
    return name;
  };
  const data = rows.data.map((value, index) => value * gains[Math.floor(index / rows.columns)]!);
  node.inputs[1] = store(weightOfRows(rows, data));
  if (bias)
    node.inputs[2] = store(
      float32Tensor(
        [gains.length],
        (bias.data as Float32Array).map((value, at) => value * gains[at]!),
      ),
    );
  return true;
}

/**
 * A copy in which every channel of the paired layers has the mean it has in the float network again and, with `scales`, the deviation too, layer after
 * layer (what re-estimating batch norms does once they are folded; Jordan et al. 2023, "REPAIR"). Layers that have other channels than before are left.
 */
export async function recalibrateLayers(
  graph: Graph,
  float: Graph,
  pairsOf: (graph: Graph) => { reference: LayerSite; site: LayerSite }[],
  scales: boolean,
  options: RecalibrationOptions,
): Promise<{ graph: Graph; done: number; skipped: number }> {
  const result = copyGraph(graph);
  const pairs = pairsOf(result);
  const { id, images, context } = options;
  const values = pairs.map((pair) => pair.reference.value);
  const wanted = await channelMoments(float, values, context, { id, limit: images });
  let done = 0;
  for (const [position, { reference, site }] of pairs.entries()) {
    if (context.signal.aborted) throw new AppError('cancelled');
    context.progress('recalibrating', position, pairs.length);
    const before = wanted.get(reference.value.name)!;
    const now = await momentsOf(result, site.value, options);
    if (now.mean.length !== before.mean.length) continue;
    const gains = now.deviation.map((found, channel) => gainOf(before.deviation[channel]!, found));
    const isScaled = scales && scaleLayer(result, site, gains);
    const delta = now.mean.map((mean, channel) => before.mean[channel]! - mean * (isScaled ? gains[channel]! : 1));
    if (shiftBias(result, site, delta, result.initializers)) done++;
  }
  return { graph: result, done, skipped: pairs.length - done };
}
