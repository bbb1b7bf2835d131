import { deriveSeed } from '../../compression/algebra/random';
import type { PairedActivations } from '../../compression/calibration/paired-activations';
import type { TechniqueContext } from '../../compression/calibration/technique-context';
import type { WeightLayer } from '../../compression/layers/weight-layers';
import type { StoredLayer } from '../../compression/quantization/coded-layers';
import { NoGradient } from '../../gradients/no-gradient';
import type { Graph } from '../../onnx/graph';
import { fixedBatch } from '../network-batch';
import { learnRounding, relativeError, unitGraph } from './reconstruct-unit';
import type { RoundedNetwork } from './rounded-network';
import { nodesOf, type RoundingUnit } from './rounding-units';
import { unitExamples, type UnitExamples } from './unit-examples';

/** Where a unit is reconstructed. */
export interface UnitSite {
  network: RoundedNetwork;
  /** What is rounded besides weights, by the names of what comes of it. */
  sources: ReadonlyMap<string, string>;
  activations: PairedActivations;
  iterations: number;
  /** Images a step, of small maps. */
  batch: number;
  /** Second-order rounding of layers on what comes out of the layers before them. */
  round(layers: readonly WeightLayer[], start: Graph): Promise<{ graph: Graph; coded: StoredLayer[] }>;
  context: Pick<TechniqueContext, 'seed' | 'threads' | 'signal'>;
  onStep(step: number): void;
}

/** Whether a unit came nearer to what it is to give, or why it was left alone. */
type Outcome = { gained: boolean } | { left: string };

/** Maps of up to this many positions count as small: of larger ones fewer images show a step as much. */
const smallMap = 196;
const leastBatch = 4;

function batchFor({ exitShape, fitted }: UnitExamples, most: number): number {
  const [, ...sides] = exitShape;
  const positions = exitShape.length === 3 ? sides[0]! * sides[1]! : 1;
  const fitting = Math.floor(most * Math.min(1, smallMap / positions));
  return Math.min(fitted.length, Math.max(Math.min(most, leastBatch), fitting));
}

/**
 * Learns the rounding of a unit and takes it where the unit's error on images that were not fitted to is less than before.
 * Throws `technique.failed` without images, `cancelled`.
 */
export async function improveUnit(unit: RoundingUnit, site: UnitSite): Promise<Outcome> {
  const { network, context, sources } = site;
  const { reference } = network;
  const examples = await unitExamples(unit, network.graph, reference, site.activations);
  const { name } = unit.layers[0]!.node;
  if (!examples) return { left: `what "${name}" reads or gives does not count images along its first axis` };
  const batch = fixedBatch(reference);
  const { judging, fitted } = examples;
  const judges = judging.length > 0 ? judging : fitted;
  const errorNow = (): Promise<number> =>
    relativeError(unitGraph(network.graph, unit, examples), examples, judges, batch ?? 1, context.threads);

  const before = await errorNow();
  if (before === 0 || fitted.length === 0) return { gained: false };
  const earlier = network.numbers();
  if (unit.isLinear) {
    const { graph, coded } = await site.round(unit.layers, network.withFloat(unit.layers));
    network.takeRounded(graph, coded);
  } else {
    const { iterations, onStep } = site;
    const { seed, threads, signal } = context;
    const options = { iterations, threads, signal, onStep, seed: deriveSeed(seed, unit.exit) };
    const layers = unit.layers.map((layer) => network.layerOf(layer));
    const biases = unit.layers.flatMap((layer) => network.biasOf(layer) ?? []);
    const size = batch ?? batchFor(examples, site.batch);
    try {
      const scales = network.scalesOf(nodesOf(unit, network.graph));
      const order = { unit, layers, biases, scales, sources, examples, before };
      const learned = await learnRounding(network.graph, order, { ...options, batch: size });
      for (const layer of learned?.layers ?? []) network.take(layer);
      for (const [name, values] of learned?.constants ?? []) network.takeConstant(name, values);
    } catch (thrown) {
      if (thrown instanceof NoGradient) return { left: thrown.message };
      throw thrown;
    }
  }
  if ((await errorNow()) < before) return { gained: true };
  network.restore(earlier);
  return { gained: false };
}
