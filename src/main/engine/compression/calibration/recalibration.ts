import { AppError } from '@shared/errors';
import { copyGraph, type Graph, type Tensor } from '../../onnx/graph';
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

async function momentsOf(graph: Graph, value: ChannelValue, options: RecalibrationOptions): Promise<ChannelMoments> {
  const { id, images, context } = options;
  return (await channelMoments(graph, [value], context, { id, limit: images })).get(value.name)!;
}

const largestGain = 2;

/** What brings the deviation of a channel back to what it was, within reason; dead channels stay. */
const gainOf = (wanted: number, found: number): number =>
  found > 0 && wanted > 0 ? Math.min(largestGain, Math.max(1 / largestGain, wanted / found)) : 1;

/** No channel's mean moves by more than this many times its root mean square in the float network. */
const largestShift = 2;

/** What brings the mean of a channel back to what it was, within the same reason. */
function shiftOf(wantedMean: number, wantedDeviation: number, found: number): number {
  const most = largestShift * Math.hypot(wantedMean, wantedDeviation);
  return Math.min(most, Math.max(-most, wantedMean - found));
}

/** Multiplies what a layer or the batch norm behind it gives, channel by channel; says whether it could. */
function scaleSite(graph: Graph, { node, norm }: LayerSite, gains: Float64Array): boolean {
  const names = new FreshNames(graph);
  const store = (tensor: Tensor): string => {
    const name = names.next();
    graph.initializers.set(name, tensor);
    return name;
  };
  const scaled = (name: string): string => {
    const { data } = graph.initializers.get(name)!;
    return store(
      float32Tensor(
        [gains.length],
        (data as Float32Array).map((value, at) => value * gains[at]!),
      ),
    );
  };
  const isPerChannel = (name: string): boolean => {
    const tensor = graph.initializers.get(name);
    return tensor?.type === 'float32' && tensor.data.length === gains.length;
  };
  if (norm) {
    const [input, scale = '', bias = '', ...statistics] = norm.inputs;
    if (!isPerChannel(scale) || !isPerChannel(bias)) return false;
    norm.inputs = [input!, scaled(scale), scaled(bias), ...statistics];
    return true;
  }
  const layer = weightLayers(graph).find((candidate) => candidate.node === node);
  if (!layer || node.op === 'MatMul') return false;
  const rows = weightRows(layer);
  const bias = node.inputs[2] ?? '';
  if (rows.rows !== gains.length || (bias !== '' && !isPerChannel(bias))) return false;
  const data = rows.data.map((value, index) => value * gains[Math.floor(index / rows.columns)]!);
  const weights = store(weightOfRows(rows, data));
  node.inputs = bias === '' ? [node.inputs[0]!, weights] : [node.inputs[0]!, weights, scaled(bias)];
  return true;
}

/**
 * A copy in which every channel of the paired layers and batch norms has the mean it has in the float network again and, with `scales`, the deviation too,
 * one after the other (Jordan et al. 2023, "REPAIR"). Both are taken on the same images, so that images of another kind than the network was trained on change
 * nothing where nothing was lost; new statistics alone would. Layers that have other channels than before are left.
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
    const isScaled = scales && scaleSite(result, site, gains);
    const delta = now.mean.map((mean, channel) =>
      shiftOf(before.mean[channel]!, before.deviation[channel]!, mean * (isScaled ? gains[channel]! : 1)),
    );
    if (shiftBias(result, site, delta, result.initializers)) done++;
  }
  return { graph: result, done, skipped: pairs.length - done };
}
