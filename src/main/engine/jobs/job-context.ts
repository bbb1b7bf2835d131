import { openImagesInThread } from '../dataset/threaded-images';
import { openTrainingImages, type OpenTrainingImages } from '../dataset/training/training-images';
import { createRandom } from '../compression/algebra/random';
import { loadClassifier } from '../onnx/classifier-network';
import { imagesKey } from './step-key';
import type { ImagesBySplit, TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { takeStratified } from '../dataset/choose-splits';
import type { ImageSet } from '../dataset/dataset';
import type { CompressJob, JobReporter } from './job';
import { stepCache } from './step-cache';

export type CalibratedJob = Pick<
  CompressJob,
  'referencePath' | 'card' | 'calibration' | 'train' | 'cacheFolder' | 'seed' | 'threads'
>;

const none = <S extends keyof ImagesBySplit>(split: S): ImageSet<S> => ({ split, entries: [], alreadyResized: false });

/** What a technique gets to work with, from the order of a job. */
export function jobContext(job: CalibratedJob, report: JobReporter): TechniqueContext {
  const { calibration = none('calibration'), train = none('train') } = job;
  const bySplit: ImagesBySplit = {
    calibration: labelledImages(calibration, job, report),
    train: trainingImages(train, job, report),
  };
  const scope = [imagesKey(calibration), job.card.input, job.card.preprocess];
  return {
    card: job.card,
    calibration: bySplit.calibration,
    images: (split) => bySplit[split],
    cached: stepCache(job.cacheFolder, ...scope, ...(job.train ? [imagesKey(train)] : [])),
    reference: () => loadClassifier(job.referencePath, job.card),
    seed: job.seed,
    threads: job.threads,
    rng: createRandom(job.seed),
    ...report,
  };
}

function labelledImages(
  set: ImageSet<keyof ImagesBySplit>,
  { card, cacheFolder }: CalibratedJob,
  report: JobReporter,
): Pick<TrainingImages, 'count' | 'batches'> {
  const images = openImagesInThread(set, card, { cacheFolder, signal: report.signal });
  // Every pass meets the same broken images; people hear of each once.
  const logged = new Set<string>();
  return {
    count: images.count,
    async *batches(batchSize) {
      for await (const { data, shape, entries } of images.batches(batchSize))
        yield { data: data as Float32Array, shape, labels: entries.map(({ label }) => label) };
      for (const { message } of images.problems) {
        if (!logged.has(message)) report.log(message);
        logged.add(message);
      }
    },
  };
}

function trainingImages(set: ImageSet<'train'>, job: CalibratedJob, report: JobReporter): TrainingImages {
  let opened: OpenTrainingImages | undefined;
  const part = (entries: ImageSet['entries']): TrainingImages => trainingImages({ ...set, entries }, job, report);
  // The same parts again are the same images, with the thread and the decoded pixels that they have.
  const parts = new Map<string, ReturnType<TrainingImages['holdOut']>>();
  return {
    ...labelledImages(set, job, report),
    isLabelled: set.entries.some(({ label }) => label >= 0),
    trainingBatches(order) {
      const skipped = ({ message }: { message: string }): void => report.log(message);
      opened ??= openTrainingImages(set, job.card, { signal: report.signal, skipped });
      return opened.trainingBatches(order);
    },
    holdOut(count, seed) {
      const key = `${count} ${seed}`;
      const known = parts.get(key);
      if (known) return known;
      const { taken, rest } = takeStratified(set.entries, count, seed);
      const made = { heldOut: part(taken), others: part(rest) };
      parts.set(key, made);
      return made;
    },
  };
}
