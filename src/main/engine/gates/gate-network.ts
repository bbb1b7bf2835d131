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
import { maskedNetwork, withoutMasks, type MaskedNetwork } from './masked-network';
import { pickingNetwork } from './picking-network';

export interface GateOptions {
  /** Share of the hidden channels that an image gets. */
  keep: number;
  /** How many times as fast a chain has to be, by the estimate. */
  least: number;
  /** Percent of the images that may get another class, before layers make up for what is left out. */
  maxDrop: number;
  refit: boolean;
  /** Training images that are looked at. */
  images: number;
  isLeft(node: Node): boolean;
}

export interface TimedChain extends GatedChain {
  speedUp: number;
  /** Nanoseconds. */
  saved: number;
}

export interface GatedNetwork {
  graph: Graph;
  chains: readonly TimedChain[];
  /** Chains that are left alone since they would not gain, and since too many images would get another class. */
  slower: number;
  dear: number;
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
  { keep, least, maxDrop, refit, images, isLeft }: GateOptions,
  context: TechniqueContext,
): Promise<GatedNetwork> {
  const refuse = (detail: string): AppError =>
    new AppError('technique.not-applicable', { id, model: context.card.name, detail });
  const batch = fixedBatch(graph);
  if (batch !== undefined && batch > 1)
    throw refuse(`it takes ${batch} images at once, and each has channels of its own; export it for one or any number`);
  const keptOf = keptChannels(keep);
  const { chains: faster, slower, best } = fasterChains(graph, { keptOf, least, isLeft });
  if (faster.length === 0)
    throw refuse(
      best === undefined
        ? 'it has no convolution that is read by one other convolution alone, be it through depthwise ones'
        : `with ${keep} of the channels no convolution would be faster: picking weights for each image takes longer than it saves (estimated speed-up at best ${best.toFixed(2)}, wanted ${least})`,
    );
  const training = context.images('train');
  if (training.count < 2) throw noImages(id);
  const { heldOut, others } = training.holdOut(Math.min(mostJudges, Math.ceil(training.count / oneOf)), context.seed);
  const own: TechniqueContext = { ...context, calibration: others };
  const gates = await fitGates(graph, faster, images, own, id);
  const maskedWith = (some: readonly TimedChain[]): MaskedNetwork =>
    maskedNetwork(graph, some, (hidden) => gates.get(hidden)!, keptOf);
  const chains = await cheapestChains(graph, faster, maskedWith, { maxDrop, images }, own, id);
  const masked = maskedWith(chains);
  if (refit && chains.length > 0) {
    const whole = withoutMasks(masked);
    const changed = new Set(
      whole.nodes.filter(({ outputs }) => masked.gates.some(({ masking }) => masking.at(-1) === outputs[0])),
    );
    const layers = new Set(
      whole.nodes.filter(({ outputs }) => masked.gates.some(({ reader }) => reader === outputs[0])),
    );
    const options = { id, context: own, images, keptWeights: new Set<string>() };
    masked.graph = (await refitBehind(masked.graph, whole, { changed, layers }, options)).graph;
  }
  const judge = new AgreementJudge({ ...context, calibration: heldOut }, id);
  await judge.begin(graph);
  const agreement = await judge.agreementOf(masked.graph);
  const result = chains.length > 0 ? pickingNetwork(masked) : graph;
  return { graph: result, chains, slower, dear: faster.length - chains.length, judges: judge.images, agreement };
}

/** Images that tell chains apart. */
const comparedImages = 96;

/**
 * As many chains as leave enough images their class: those first that save most for how far the answers go from the network's when they alone are gated.
 * In the order of the network.
 */
async function cheapestChains(
  graph: Graph,
  chains: readonly TimedChain[],
  maskedWith: (some: readonly TimedChain[]) => MaskedNetwork,
  { maxDrop, images }: Pick<GateOptions, 'maxDrop' | 'images'>,
  context: TechniqueContext,
  id: string,
): Promise<TimedChain[]> {
  const judge = new AgreementJudge(context, id, Math.min(images, comparedImages));
  await judge.begin(graph);
  const price = new Map<TimedChain, number>();
  for (const [at, chain] of chains.entries()) {
    context.progress('comparing chains', at, chains.length);
    price.set(chain, (await judge.differenceOf(maskedWith([chain]).graph)).divergence / Math.max(1, chain.saved));
  }
  const ordered = [...chains].sort((a, b) => price.get(a)! - price.get(b)!);
  const first = (count: number): TimedChain[] => chains.filter((chain) => ordered.indexOf(chain) < count);
  // The most that may be gated lies in [enough, tooMany).
  let [enough, tooMany] = [0, chains.length + 1];
  while (tooMany - enough > 1) {
    const count = (enough + tooMany) >> 1;
    const drop = 100 - (await judge.agreementOf(maskedWith(first(count)).graph));
    if (drop <= maxDrop + 1e-9) enough = count;
    else tooMany = count;
  }
  return first(enough);
}

interface Choice {
  keptOf(channels: number): number;
  least: number;
  isLeft(node: Node): boolean;
}

/** In the order of the network: of the chains that start at a convolution, the one that saves most. No layer is in two. */
function fasterChains(
  graph: Graph,
  { keptOf, least, isLeft }: Choice,
): { chains: TimedChain[]; slower: number; best: number | undefined } {
  const shapes = inferShapes(graph, singleBatch(graph));
  const used = new Set<Node>();
  const chains: TimedChain[] = [];
  let [slower, best]: [number, number | undefined] = [0, undefined];
  for (const [first, candidates] of chainsFrom(graph, isLeft)) {
    const timed = candidates
      .filter(({ hidden }) => !hidden.some(({ makers, reader }) => [...makers, reader].some((node) => used.has(node))))
      .map((chain) => {
        const { whole, gated } = chainTimes(graph, chain, keptOf, shapes);
        return { ...chain, speedUp: whole / gated, saved: whole - gated };
      });
    for (const { speedUp } of timed) best = Math.max(best ?? 0, speedUp);
    const [chosen] = timed.filter(({ speedUp }) => speedUp >= least).sort((a, b) => b.saved - a.saved);
    if (chosen) {
      chains.push(chosen);
      for (const { makers, reader } of chosen.hidden) for (const node of [...makers, reader]) used.add(node);
    } else if (timed.length > 0 && !used.has(first)) slower++;
  }
  return { chains, slower, best };
}
