import type { TechniqueContext } from '../compression/calibration/technique-context';
import { chooseRegression, ridgeStrengths, scaled } from './choose-regression';
import { descend } from './descend-head';
import type { ExitHead } from './exit-head';
import { featureScale, unscaled } from './feature-scale';
import { headSamples, type HeadSamples } from './head-samples';
import { regressedHeads } from './regressed-head';
import type { SeenImages } from './seen-images';

export interface HeadOptions {
  /** Which of the exits. */
  exit: number;
  classes: number;
  /** Times that every view of an image is trained on, at most. */
  epochs: number;
  /** Different images among what was seen. */
  images: number;
  /** Share of the loss that true classes have. */
  labelShare: number;
}

type HeadContext = Pick<TechniqueContext, 'seed' | 'threads' | 'progress' | 'signal'>;

/** How a head is fitted. */
interface Fit {
  /** Of the penalty of the regression. */
  strength: number;
  /** What its scores are multiplied by. */
  scale: number;
  /** Of gradient descent. */
  epochs: number;
  /** An epoch of other batches would have another number of steps. */
  batch: number;
}

/** Where images are too few to ask. */
const usualStrength = 1;
const largestBatch = 64;

/**
 * Fits the head of an exit to answer as the whole network does, and as labels say where there are any: ridge regression onto the network's
 * scores, then gradient descent from there on the divergence of the answers. How strong the penalty is, how large the scores, and when the
 * descent ends, is chosen on images that are held out from the fit, then all are fitted to: with an image a class or two, a descent that
 * nobody watches only learns them by heart.
 * @param seen all images, and in two parts: those that fit and those that choose; one part where there are too few
 * Throws `technique.failed` where the loss is no longer a number, `cancelled`.
 */
export async function trainHead(
  id: string,
  { all, parts }: { all: SeenImages; parts: readonly SeenImages[] },
  options: HeadOptions,
  context: HeadContext,
): Promise<ExitHead> {
  const [fitted, tuning] = parts;
  const batch = Math.min(largestBatch, all.count);
  const usual = { strength: usualStrength, scale: 1, epochs: options.epochs, batch };
  const isChosen = tuning !== undefined && tuning.count > 0 && fitted!.count > 0;
  const fit = isChosen ? await chosenFit(id, fitted!, tuning, options, context) : usual;
  return fittedHead(id, all, fit, options, context);
}

async function chosenFit(
  id: string,
  seen: SeenImages,
  tuning: SeenImages,
  options: HeadOptions,
  context: HeadContext,
): Promise<Fit> {
  const { exit, epochs, labelShare } = options;
  const scale = featureScale(seen.features[exit]!, seen.count);
  const [samples, judges] = [seen, tuning].map((each) => headSamples(each, exit, scale)) as [HeadSamples, HeadSamples];
  const images = (options.images * seen.count) / (seen.count + tuning.count);
  const heads = await regressedHeads(
    samples.rows,
    samples.scores,
    sizesFor(samples, { ...options, images }, context),
    ridgeStrengths,
  );
  const { at, scale: by } = await chooseRegression(heads, judges, context.threads);
  const batch = Math.min(largestBatch, samples.count, judges.count);
  const descent = { exit, epochs, upTo: epochs, batch, labelShare };
  const { epochs: best } = await descend(id, scaled(heads[at]!, by), samples, descent, context, judges);
  return { strength: ridgeStrengths[at]!, scale: by, epochs: best, batch };
}

async function fittedHead(
  id: string,
  seen: SeenImages,
  fit: Fit,
  options: HeadOptions,
  context: HeadContext,
): Promise<ExitHead> {
  const { exit, epochs, labelShare } = options;
  const scale = featureScale(seen.features[exit]!, seen.count);
  const samples = headSamples(seen, exit, scale);
  const sizes = sizesFor(samples, options, context);
  const [head] = await regressedHeads(samples.rows, samples.scores, sizes, [fit.strength]);
  const descent = { exit, epochs, upTo: fit.epochs, batch: fit.batch, labelShare };
  return unscaled((await descend(id, scaled(head!, fit.scale), samples, descent, context)).head, scale);
}

const sizesFor = (
  { count, rows }: HeadSamples,
  { classes, images }: HeadOptions,
  { threads }: HeadContext,
): Parameters<typeof regressedHeads>[2] => ({ count, channels: rows.length / count, classes, images, threads });
