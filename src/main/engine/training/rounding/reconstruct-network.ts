import { AppError } from '@shared/errors';
import { batchSizeFor } from '../../compression/calibration/calibration-run';
import { PairedActivations } from '../../compression/calibration/paired-activations';
import type { TechniqueContext } from '../../compression/calibration/technique-context';
import type { WeightLayer } from '../../compression/layers/weight-layers';
import { chooseCodes, type GridFor } from '../../compression/quantization/coded-layers';
import { OutputLoss } from '../../compression/reconstruction/output-loss';
import { affineGrid } from '../../compression/storage/few-bit-grid';
import type { Graph } from '../../onnx/graph';
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint';
import type { ActivationSketch } from './activation-sketch';
import { improveUnit, type UnitSite } from './improve-unit';
import { judgingImages } from './judging-images';
import { RoundedNetwork } from './rounded-network';
import { roundingUnits } from './rounding-units';

interface ReconstructionOptions extends Pick<UnitSite, 'iterations' | 'batch'> {
  /** Of the technique, for messages. */
  id: string;
  unit: 'block' | 'layer';
  bitsOf(layer: WeightLayer): number;
}

export interface Reconstruction {
  network: RoundedNetwork;
  units: number;
  /** Units that gained on images that were not fitted to; the others stay as second-order rounding has them. */
  gained: number;
  /** Why some were left alone, in words. */
  left: string[];
  /** Mean Kullback-Leibler divergence from the float network's answers on the images that judge, in nats, with second-order rounding and now; where it did not fall, the network is as before. */
  divergence?: { images: number; before: number; after: number };
}

/** Memory for the activations kept between units. */
const heldBytes = 640 * 2 ** 20;
const stage = 'learning to round';

/** Where a reconstruction stands, besides its numbers. */
interface Standing {
  /** Units that are done. */
  done: number;
  gained: number;
  left: string[];
  before: number | null;
}

/**
 * Rounds layers so that every unit of the network gives what it gave, one unit after the other, each on what comes out of the units before it
 * (asymmetric reconstruction). It begins with second-order rounding and leaves it only where images that nothing was learned of say so.
 * A run that was interrupted goes on behind the last unit that was done.
 * @param sketch of a network that is simplified, with plain weights
 * @param layers of its reference
 * Throws `technique.failed` without images, `cancelled`.
 */
export async function reconstructNetwork(
  sketch: ActivationSketch,
  layers: readonly WeightLayer[],
  { id, bitsOf, unit: by, iterations, batch }: ReconstructionOptions,
  context: TechniqueContext,
): Promise<Reconstruction> {
  const { calibration, checkpoint } = context;
  const { reference, sources } = sketch;
  const judging = judgingImages(calibration, batchSizeFor(reference, calibration.count));
  const judge =
    judging.count > 0
      ? await OutputLoss.of(reference, judging.count, { ...context, calibration: judging }, id)
      : undefined;
  const gridFor: GridFor = (rows, importance, layer) =>
    affineGrid(rows, { bits: bitsOf(layer), rowsPerGroup: 1, ...(importance && { importance }) }, true);
  const round = (chosen: readonly WeightLayer[], start: Graph): ReturnType<typeof chooseCodes> =>
    chooseCodes(reference, chosen, gridFor, { rounding: 'second-order', id, context, start });

  const network = new RoundedNetwork(sketch, layers, bitsOf);
  const [numbers, began] = [network.numbers(), network.numbers()];
  const saved = await checkpoint?.latest();
  let standing = saved && decodeCheckpoint<Standing>(saved, [...began, ...numbers]);
  if (standing) network.restore(numbers);
  else {
    const { graph, coded } = await round(layers, network.graph);
    network.takeRounded(graph, coded);
    network.numbers().forEach((values, at) => began[at]!.set(values));
    standing = { done: 0, gained: 0, left: [], before: (await judge?.measure(network.graph)) ?? null };
    await checkpoint?.save(encodeCheckpoint(standing, [...began, ...network.numbers()]));
  }

  const units = roundingUnits(reference, usedOnce(reference, layers), by);
  const activations = new PairedActivations(network.graph, reference, calibration.count, context, id, heldBytes);
  const steps = units.length * iterations;
  for (const [number, unit] of units.entries()) {
    if (context.signal.aborted) throw new AppError('cancelled');
    if (number < standing.done) {
      // What is held goes on from the same points as in a run that was not interrupted, so that not a bit differs.
      const nothing = (): void => undefined;
      await activations.observe(network.graph.nodes[unit.nodes[0]!]!, nothing, nothing);
      continue;
    }
    const first = number * iterations;
    const onStep = (step: number): void => context.progress(stage, first + step, steps);
    onStep(0);
    const site = { network, sources, activations, iterations, batch, round, context, onStep };
    const outcome = await improveUnit(unit, site);
    if ('left' in outcome) standing.left.push(outcome.left);
    else if (outcome.gained) standing.gained++;
    standing.done++;
    await checkpoint?.save(encodeCheckpoint(standing, [...began, ...network.numbers()]));
  }
  context.progress(stage, steps, steps);

  const { gained, left, before } = standing;
  const result: Reconstruction = { network, units: units.length, gained, left };
  if (!judge || before === null) return result;
  const after = await judge.measure(network.graph);
  if (!(after < before)) network.restore(began);
  return { ...result, divergence: { images: judging.count, before, after } };
}

/** Layers that share their weights with no other node. */
const usedOnce = ({ nodes }: Graph, layers: readonly WeightLayer[]): WeightLayer[] =>
  layers.filter(({ weightName }) => nodes.filter(({ inputs }) => inputs.includes(weightName)).length === 1);
