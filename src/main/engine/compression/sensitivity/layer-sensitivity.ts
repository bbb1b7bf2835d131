import type { LayerEffect, LayerSensitivity } from '@shared/sensitivity';
import { noImages } from '../calibration/calibration-run';
import type { Graph } from '../../onnx/graph';
import { twoClassScores } from '../../onnx/two-class-scores';
import type { RuntimeTensor } from '../calculator';
import type { TechniqueContext } from '../calibration/technique-context';
import { HeldActivations } from '../calibration/held-activations';
import { OutputComparison } from '../calibration/output-comparison';
import type { WeightLayer } from '../layers/weight-layers';

/** Part of cache keys: raise it when the same layers would be measured differently. */
export const sensitivityVersion = 2;

/** One way to change a layer. */
export interface SensitivityVariant extends Pick<LayerEffect, 'label' | 'amount'> {
  /**
   * The section with this layer changed. The section is the network from the layer on: its first node is `layer.node`, its inputs are what
   * is alive there, in float. It shares nodes with the network and is not changed itself; the outputs keep their names.
   */
  change(section: Graph, layer: WeightLayer): Graph | Promise<Graph>;
}

export interface SensitivityOptions {
  /** Calibration images used at most. */
  images: number;
  /** The technique that asks, for messages. */
  id: string;
  /** Told how many were used in the end: some may be broken, and a model with a fixed batch sees full ones only. */
  counted?(images: number): void;
  context: Pick<TechniqueContext, 'card' | 'calibration' | 'threads' | 'signal' | 'progress'>;
}

/**
 * What each layer does to the network's output when it alone is changed, once for each variant; layers in the given order, which must be
 * that of the graph. Only the part of the network from the layer on runs again, on float activations held there; memory is bounded, and
 * more images than fit are taken in several rounds.
 * @param graph plain float. Throws `technique.failed` without images, `cancelled`.
 */
export async function measureSensitivity(
  graph: Graph,
  layers: readonly WeightLayer[],
  variants: readonly SensitivityVariant[],
  { images, id, context, counted }: SensitivityOptions,
): Promise<LayerSensitivity[]> {
  const comparisons = layers.map(() => variants.map(() => new OutputComparison()));
  const output = graph.outputs[0]!.name;
  const { score } = context.card.output;
  const scoresOf = (data: RuntimeTensor['data']): Float32Array =>
    score ? twoClassScores(data as Float32Array, score) : (data as Float32Array);
  const nodes = layers.map((layer) => layer.node);
  const held = new HeldActivations(graph, nodes, context);
  const total = Math.min(images, context.calibration.count) * layers.length;
  let done = 0;
  for await (const round of held.rounds(images)) {
    held.begin(round);
    const float: RuntimeTensor[] = [];
    await held.run(held.rest(), (results) => float.push(results[output]!));
    const count = float.reduce((sum, { shape }) => sum + shape[0]!, 0);
    for (const [at, layer] of layers.entries()) {
      await held.moveTo(layer.node);
      for (const [index, variant] of variants.entries()) {
        const comparison = comparisons[at]![index]!;
        let batch = 0;
        await held.run(await variant.change(held.rest(), layer), (results) => {
          const { data, shape } = float[batch++]!;
          comparison.add(scoresOf(data), scoresOf(results[output]!.data), shape[0]!);
        });
      }
      done += count;
      context.progress('measuring layers', Math.round((done / total) * layers.length), layers.length);
    }
  }
  if (done === 0) throw noImages(id);
  counted?.(layers.length === 0 ? 0 : done / layers.length);
  return layers.map(({ node, weight }, at) => ({
    layer: node.name,
    op: node.op,
    weights: weight.data.length,
    effects: variants.map(({ label, amount }, index) => ({ label, amount, ...comparisons[at]![index]!.result() })),
  }));
}
