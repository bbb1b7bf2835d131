import type { PreprocessTrial } from '@shared/contract';
import { splits, type DatasetSpec } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { presetPreprocess } from '@shared/preprocess-presets';
import type { Engine } from './create-engine';
import { imagesFor } from './dataset/map-classes';
import { openDataset } from './dataset/open-dataset';
import type { TryPreprocessJob } from './jobs/job';
import type { Order } from './jobs/order';
import { modelIdentity } from './models/model-identity';
import { makeCard, readCard, type CardChoice } from './models/card';
import { loadModel } from './onnx/load';

export const imagesTaken = 64;

/**
 * What each usual preprocessing gives on up to 64 labelled images of the calibration split, or else of the training split; never on images
 * that a sweep of the same dataset evaluates.
 * @param choice what is known besides the preprocessing, for a model without a card
 * @param run does the job in a worker
 * Throws `dataset.too-few` and `dataset.labels-missing` without such images, and what opening model and dataset throw.
 */
export async function preprocessTrial(
  engine: Engine,
  { path, dataset: spec }: { path: string; dataset: DatasetSpec },
  run: (order: Order<TryPreprocessJob>) => Promise<PreprocessTrial>,
  choice: Omit<CardChoice, 'preprocess'> = {},
  signal?: AbortSignal,
): Promise<PreprocessTrial> {
  const anyPreset: CardChoice = { ...choice, preprocess: (input) => presetPreprocess('raw', input) };
  const card = (await readCard(path)) ?? makeCard(path, await loadModel(path), anyPreset);
  const { cacheFolder } = engine.workspace;
  // Fewer images than a sweep asks for are enough to see which way it goes.
  const dataset = await openDataset(spec, { cacheFolder, signal, upTo: splits });
  const { path: folder } = dataset;
  const [calibration, train] = [dataset.calibration, dataset.train].map((set) => imagesFor(set, dataset, card));
  if (calibration!.entries.length + train!.entries.length === 0) {
    throw new AppError('dataset.too-few', { path: folder, split: 'calibration', available: 0, wanted: 'at least 1' });
  }
  const labelled = [calibration!, train!].find(({ entries }) => entries.some(isLabelled));
  if (!labelled) throw new AppError('dataset.labels-missing', { path: folder });
  const entries = labelled.entries.filter(isLabelled).slice(0, imagesTaken);
  const beyond = entries.find(({ label }) => label >= card.output.classes);
  if (beyond) {
    const { classes } = card.output;
    throw new AppError('dataset.classes-mismatch', { dataset: folder, label: beyond.label, model: card.name, classes });
  }
  return run({
    kind: 'try-preprocess',
    model: await engine.contents.addModel({ path, sha256: (await modelIdentity(path)).sha256 }),
    card,
    images: await engine.contents.addImages<'calibration' | 'train'>({ ...labelled, entries }),
    threads: engine.executor.threads,
  });
}

const isLabelled = ({ label }: { label: number }): boolean => label >= 0;
