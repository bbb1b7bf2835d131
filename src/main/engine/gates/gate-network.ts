import { AppError } from '@shared/errors';
import { AgreementJudge } from '../compression/calibration/agreement-judge';
import { noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { refitBehind, type RefitOptions } from '../compression/reconstruction/refit-network';
import type { Graph, Node } from '../onnx/graph';
import { fixedBatch } from '../training/network-batch';
import { chooseChains } from './choose-chains';
import { fitGates } from './fit-gates';
import { maskedNetwork, withoutMasks, type MaskedNetwork } from './masked-network';
import { payingChains, type TimedChain } from './paying-chains';
import { pickingNetwork } from './picking-network';

export interface GateOptions {
  /** Share of the hidden channels that an image gets. */
  keep: number;
  /** How many times as fast a chain has to be, by the estimate. */
  least: number;
  /** Percent of the images that may get another class. */
  maxDrop: number;
  refit: boolean;
  /** Training images that are looked at. */
  images: number;
  isLeft(node: Node): boolean;
}

export interface GatedNetwork {
  graph: Graph;
  chains: readonly TimedChain[];
  /** Chains that are left alone since they would not gain, and since too many images would get another class. */
  slower: number;
  dear: number;
  /** Images that nothing was learned of, and the percent of them that get the class of the whole network. */
  heldOut: number;
  agreement: number;
}

/** Kernels take channels in groups of so many. */
const together = 8;
/** One training image of so many is not learned of, up to the most: some decide how many layers are gated, others say what became of it. */
const [oneOf, mostHeldOut, mostJudged] = [4, 1000, 128];

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
  const paying = payingChains(graph, { keptOf, least, isLeft });
  const { best } = paying;
  if (paying.chains.length === 0)
    throw refuse(
      best === undefined
        ? 'it has no convolution of 8 or more channels that is read by one other convolution alone, be it through depthwise ones'
        : `with ${keep} of the channels no convolution would be faster: picking weights for each image takes longer than it saves (estimated speed-up at best ${best.toFixed(2)}, wanted ${least})`,
    );
  const training = context.images('train');
  if (training.count < 2) throw noImages(id);
  const { heldOut, others } = training.holdOut(Math.min(mostHeldOut, Math.ceil(training.count / oneOf)), context.seed);
  const { heldOut: judged, others: learned } = others.holdOut(
    Math.min(mostJudged, Math.ceil(others.count / oneOf)),
    context.seed,
  );
  const own: TechniqueContext = { ...context, calibration: learned };
  const gates = await fitGates(graph, paying.chains, images, own, id);
  const masked = (chains: readonly TimedChain[]): MaskedNetwork =>
    maskedNetwork(graph, chains, (hidden) => gates.get(hidden)!, keptOf);
  const refitted = async (chains: readonly TimedChain[]): Promise<MaskedNetwork> =>
    refit ? refitReaders(masked(chains), { id, context: own, images, keptWeights: new Set() }) : masked(chains);
  const judge = new AgreementJudge({ ...context, calibration: judged }, id);
  await judge.begin(graph);
  const chosen = await chooseChains(paying.chains, { masked, refitted }, judge, maxDrop, context);
  const { chains } = chosen;
  const last = new AgreementJudge({ ...context, calibration: heldOut }, id);
  await last.begin(graph);
  return {
    graph: chains.length > 0 ? pickingNetwork(chosen.masked) : graph,
    chains,
    slower: paying.slower,
    dear: paying.chains.length - chains.length,
    heldOut: last.images,
    agreement: await last.agreementOf(chosen.masked.graph),
  };
}

/** Layers that read gated channels come as near as they can to what they gave. */
async function refitReaders(masked: MaskedNetwork, options: RefitOptions): Promise<MaskedNetwork> {
  const whole = withoutMasks(masked);
  const [masks, readers] = [new Set<string>(), new Set<string>()];
  for (const { masking, reader } of masked.gates) {
    masks.add(masking.at(-1)!);
    readers.add(reader);
  }
  const nodesOf = (values: ReadonlySet<string>): Set<Node> =>
    new Set(whole.nodes.filter(({ outputs }) => values.has(outputs[0]!)));
  const change = { changed: nodesOf(masks), layers: nodesOf(readers) };
  return { ...masked, graph: (await refitBehind(masked.graph, whole, change, options)).graph };
}
