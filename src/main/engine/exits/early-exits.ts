import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { batchSizeFor, noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { countParams, parameterMetadata } from '../onnx/count';
import { FreshNames } from '../onnx/fresh-names';
import type { Graph } from '../onnx/graph';
import { branchMetadata } from '../onnx/straighten';
import { chooseFairly, type FairChoice } from './choose-fairly';
import type { Goal } from './choose-thresholds';
import type { ExitHead } from './exit-head';
import { exitNetwork, type ExitNetwork } from './exit-network';
import { judgeExits } from './judge-exits';
import { networkWithExits, type Exit } from './network-with-exits';
import { ImageViewer, seenBytes, type SeenImages } from './seen-images';
import { trainHead } from './train-head';

export interface EarlyExitOptions {
  /** Where exits are wanted, as shares of the multiply-accumulates; one or two. */
  shares: readonly number[];
  /** In percentage points of images with another answer, or the share of multiply-accumulates in the mean. */
  goal: { maxDrop: number } | { macs: number };
  /** Times that each training image is looked at, varied. */
  views: number;
  epochs: number;
  labelShare: number;
}

export interface EarlyExits {
  /** The network as it came where no image is to leave early. */
  graph: Graph;
  /** Exits that are in it. */
  exits: { name: string; percent: number; share: number }[];
  /** Judges with another class than the whole network's, by thresholds that were chosen without them. */
  expected: number;
  /** Images that were not trained on. */
  judges: number;
  /** Multiply-accumulates in the mean, as a share of the network's. */
  macs: number;
}

/** One training image of so many judges, up to the most. */
const [oneOf, mostJudges] = [4, 1000];
/** Of the others, one image of so many tells how heads are fitted. */
const tuningOneOf = 8;
const mostBytes = 2 ** 30;

/**
 * Gives a network exits after one or two places: the network stays as it is, heads are trained on what it makes of training images, and thresholds
 * are chosen on images that the heads were not trained on.
 * @param graph with the operators of opset 13; weights in any form
 * Throws `technique.not-applicable`, `technique.params`, `technique.failed`, `cancelled`.
 */
export async function earlyExits(
  id: string,
  graph: Graph,
  options: EarlyExitOptions,
  context: TechniqueContext,
): Promise<EarlyExits> {
  const { shares, goal, views } = options;
  const network = exitNetwork(graph, shares, id, context.card.name);
  const { places, logits, classes, whole } = network;
  const images = context.images('train');
  const judges = Math.min(mostJudges, Math.ceil(images.count / oneOf));
  if (images.count < 2) throw noImages(id);
  const { heldOut, others } = images.holdOut(judges, context.seed);
  const bytes = seenBytes(views * others.count, places, classes);
  if (bytes > mostBytes) {
    const detail = `"views" is ${views}: what the network makes of ${others.count} images so often takes ${Math.round(bytes / 1e6)} MB of memory, where ${Math.round(mostBytes / 1e6)} MB are allowed`;
    throw new AppError('technique.params', { id, detail });
  }
  const scores = { name: logits, classes };
  const viewer = await ImageViewer.open(whole, places, scores, batchSizeFor(whole, images.count), context);
  const { parts, all, judged } = await viewed(viewer, { parts: tuningParts(others, context.seed), heldOut, views });
  if (all.count === 0 || judged.count === 0) throw noImages(id);
  const heads: ExitHead[] = [];
  for (const exit of places.keys())
    heads.push(await trainHead(id, { all, parts }, { ...options, exit, classes, images: others.count }, context));
  const macs = macsWithHeads(network);
  const [first, second] = judgeExits(judged, heads, macs);
  const choice = chooseFairly([first!, second], macs.at(-1)!, goalFor(goal, judged.count, network.macs));
  return finished(network, heads, choice, judged.count);
}

/** Those that heads are fitted to, and those that tell how; all of them in the first where they are too few. */
function tuningParts(images: TrainingImages, seed: number): TrainingImages[] {
  const tuning = Math.floor(images.count / tuningOneOf);
  if (tuning === 0) return [images];
  const { heldOut, others } = images.holdOut(tuning, seed);
  return [others, heldOut];
}

async function viewed(
  viewer: ImageViewer,
  { parts, heldOut, views }: { parts: readonly TrainingImages[]; heldOut: TrainingImages; views: number },
): Promise<{ all: SeenImages; parts: SeenImages[]; judged: SeenImages }> {
  try {
    const judged = await viewer.once(heldOut);
    return { ...(await viewer.varied(parts, views, augmentations.gentle)), judged };
  } finally {
    await viewer.close();
  }
}

const goalFor = (goal: EarlyExitOptions['goal'], images: number, macs: number): Goal =>
  'macs' in goal
    ? { mostMacs: goal.macs * macs }
    : { mostDisagreeing: Math.floor((goal.maxDrop / 100) * images + 1e-9) };

/** Of an image that leaves at each exit, and of one that leaves nowhere, with the heads that it comes by. */
function macsWithHeads({ places, classes, macs }: ExitNetwork): number[] {
  let heads = 0;
  const leaving = places.map(({ channels, macs: before }) => before + (heads += channels * classes));
  return [...leaving, macs + heads];
}

/** Exits that no image leaves at are left out. */
function finished(
  network: ExitNetwork,
  heads: readonly ExitHead[],
  { choice, expected }: FairChoice,
  judges: number,
): EarlyExits {
  const { single, places, answer, classes, macs } = network;
  const names = new FreshNames(single);
  const exits: (Exit & { leaving: number })[] = choice.thresholds.flatMap((threshold, at) => {
    if (threshold === undefined) return [];
    const name = names.like(`exit_${at + 1}`);
    return [{ place: places[at]!, head: heads[at]!, threshold, name, leaving: choice.leaving[at]! }];
  });
  const facts = { expected, judges, macs: choice.macs / macs };
  if (exits.length === 0) return { ...facts, graph: network.whole, exits: [] };
  const graph = networkWithExits(single, exits, answer);
  const { params, nonZeroParams } = countParams(single);
  const added = exits.reduce((sum, { place }) => sum + (place.channels + 1) * classes, 0);
  graph.metadata = {
    ...graph.metadata,
    [parameterMetadata.params]: String(params + added),
    [parameterMetadata.nonZeroParams]: String(nonZeroParams + added),
    [branchMetadata]: JSON.stringify(sharesThatLeave(exits, judges)),
  };
  const shown = exits.map(({ name, place: { share }, leaving }) => ({
    name,
    share,
    percent: (100 * leaving) / judges,
  }));
  return { ...facts, graph, exits: shown };
}

/** Of the images that come to each exit, the share that leaves there. */
function sharesThatLeave(exits: readonly { name: string; leaving: number }[], images: number): Record<string, number> {
  let coming = images;
  return Object.fromEntries(
    exits.map(({ name, leaving }) => {
      const share = coming === 0 ? 0 : leaving / coming;
      coming -= leaving;
      return [name, share];
    }),
  );
}
