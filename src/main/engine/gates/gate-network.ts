import { AppError } from '@shared/errors';
import { AgreementJudge } from '../compression/calibration/agreement-judge';
import { noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { refitBehind } from '../compression/reconstruction/refit-network';
import { singleBatch } from '../onnx/classifier';
import type { Graph, Node } from '../onnx/graph';
import { inferShapes } from '../onnx/shapes';
import { fixedBatch } from '../training/network-batch';
import { fitGates } from './fit-gates';
import { chainsFrom, type GatedChain } from './gated-chains';
import { chainTimes } from './gating-estimate';
import { maskedNetwork, withoutMasks } from './masked-network';
import { pickingNetwork } from './picking-network';

export interface GateOptions {
  /** Share of the hidden channels that an image gets. */
  keep: number;
  /** How many times as fast a chain has to be, by the estimate. */
  least: number;
  refit: boolean;
  /** Training images that are looked at. */
  images: number;
  isLeft(node: Node): boolean;
}

export interface GatedNetwork {
  graph: Graph;
  chains: readonly (GatedChain & { speedUp: number })[];
  /** Chains that are left alone since they would not gain. */
  slower: number;
  /** Images that nothing was learned of, and the percent of them that get the class of the whole network. */
  judges: number;
  agreement: number;
}

/** Kernels take channels in groups of so many. */
const together = 8;
/** One training image of so many judges, up to the most. */
const [oneOf, mostJudges] = [4, 1000];

/** So many of the channels of a layer, in whole groups where there is more than one. */
export const keptChannels =
  (keep: number) =>
  (channels: number): number =>
    channels > together
      ? Math.min(channels, Math.max(1, Math.round((keep * channels) / together)) * together)
      : Math.max(1, Math.round(keep * channels));

/**
 * Lets each image have a share of the channels between convolutions, those that a gate takes for the most salient, where that is estimated to pay. The
 * layers behind make up for the rest by least squares.
 * @param graph with plain weights and batch norms folded
 * Throws `technique.not-applicable`, `technique.failed`, `cancelled`.
 */
export async function gateNetwork(
  id: string,
  graph: Graph,
  { keep, least, refit, images, isLeft }: GateOptions,
  context: TechniqueContext,
): Promise<GatedNetwork> {
  const refuse = (detail: string): AppError =>
    new AppError('technique.not-applicable', { id, model: context.card.name, detail });
  const batch = fixedBatch(graph);
  if (batch !== undefined && batch > 1)
    throw refuse(`it takes ${batch} images at once, and each has channels of its own; export it for one or any number`);
  const keptOf = keptChannels(keep);
  const { chains, slower, best } = chosenChains(graph, { keptOf, least, isLeft });
  if (chains.length === 0)
    throw refuse(
      best === undefined
        ? 'it has no convolution that is read by one other convolution alone, be it through depthwise ones'
        : `with ${keep} of the channels no convolution would be faster: picking weights for each image takes longer than it saves (estimated speed-up at best ${best.toFixed(2)}, wanted ${least})`,
    );
  const training = context.images('train');
  if (training.count < 2) throw noImages(id);
  const { heldOut, others } = training.holdOut(Math.min(mostJudges, Math.ceil(training.count / oneOf)), context.seed);
  const own: TechniqueContext = { ...context, calibration: others };
  const gates = await fitGates(graph, chains, images, own, id);
  const masked = maskedNetwork(graph, chains, (hidden) => gates.get(hidden)!, keptOf);
  if (refit) {
    const whole = withoutMasks(masked);
    const changed = new Set(
      whole.nodes.filter(({ outputs }) => masked.gates.some(({ masking }) => masking.at(-1) === outputs[0])),
    );
    const options = { id, context: own, images, keptWeights: new Set<string>() };
    masked.graph = (await refitBehind(masked.graph, whole, { changed }, options)).graph;
  }
  const judge = new AgreementJudge({ ...context, calibration: heldOut }, id);
  await judge.begin(graph);
  const agreement = await judge.agreementOf(masked.graph);
  return { graph: pickingNetwork(masked), chains, slower, judges: judge.images, agreement };
}

interface Choice {
  keptOf(channels: number): number;
  least: number;
  isLeft(node: Node): boolean;
}

/** In the order of the network: of the chains that start at a convolution, the one that saves most. No layer is in two. */
function chosenChains(
  graph: Graph,
  { keptOf, least, isLeft }: Choice,
): { chains: (GatedChain & { speedUp: number })[]; slower: number; best: number | undefined } {
  const shapes = inferShapes(graph, singleBatch(graph));
  const used = new Set<Node>();
  const chains: (GatedChain & { speedUp: number })[] = [];
  let [slower, best]: [number, number | undefined] = [0, undefined];
  for (const [first, candidates] of chainsFrom(graph, isLeft)) {
    const timed = candidates
      .filter(({ hidden }) => !hidden.some(({ makers, reader }) => [...makers, reader].some((node) => used.has(node))))
      .map((chain) => {
        const { whole, gated } = chainTimes(graph, chain, keptOf, shapes);
        return { chain, speedUp: whole / gated, saved: whole - gated };
      });
    for (const { speedUp } of timed) best = Math.max(best ?? 0, speedUp);
    const [chosen] = timed.filter(({ speedUp }) => speedUp >= least).sort((a, b) => b.saved - a.saved);
    if (chosen) {
      chains.push({ ...chosen.chain, speedUp: chosen.speedUp });
      for (const { makers, reader } of chosen.chain.hidden) for (const node of [...makers, reader]) used.add(node);
    } else if (timed.length > 0 && !used.has(first)) slower++;
  }
  return { chains, slower, best };
}
