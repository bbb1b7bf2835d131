import { usualCalibrationImages, type DatasetSpec } from '@shared/dataset';
import { AppError } from '@shared/errors';
import type { Dataset, ImageSet } from '../dataset/dataset';
import { growingBlocks, splitEvaluation, type PartOf } from '../dataset/evaluation-parts';
import { openDataset } from '../dataset/open-dataset';
import { imagesKey } from '../jobs/step-key';

/** Images whose answers are compared with the network's before any labelled one is spent. */
const divergenceImages = 128;
/** Of a small calibration pool, techniques get this share. */
const calibrationShare = 2 / 3;

/** What a search looks at, from the cheapest; confirmation images are not among it. */
export interface SearchImages {
  /** Calibration images that no technique sees, without labels; may be none. */
  divergence: ImageSet<'eval'>;
  /** Disjoint, together all selection images. */
  blocks: PartOf<'selection'>[];
}

/**
 * As many calibration images as are usual, or two thirds of a pool of fewer: what is left tells how far answers drift. Evaluation images that are asked
 * for come first, where both are of one pool. Throws as `openDataset`.
 */
export async function searchCalibration(spec: DatasetSpec, cacheFolder: string): Promise<number> {
  const { available, calibration } = await openDataset(
    { ...spec, trainPath: undefined, calibration: usualCalibrationImages },
    { cacheFolder, upTo: ['calibration'] },
  );
  return Math.min(calibration.entries.length, Math.ceil(available.calibration * calibrationShare));
}

/**
 * Throws `dataset.labels-missing` for images without labels, `dataset.too-few` where the halves would be empty.
 * @param dataset opened by `spec`, both halves of its evaluation images
 */
export async function searchImages(spec: DatasetSpec, dataset: Dataset, cacheFolder: string): Promise<SearchImages> {
  const { path, seed } = { path: dataset.path, seed: spec.seed };
  if (!dataset.labelled) throw new AppError('dataset.labels-missing', { path });
  const available = dataset.eval.entries.length;
  if (available < 2) throw new AppError('dataset.too-few', { path, split: 'eval', available, wanted: 2 });
  const blocks = growingBlocks(splitEvaluation(dataset.eval, seed).selection, seed);
  return { divergence: await divergenceOf(spec, dataset, cacheFolder), blocks };
}

/** None where calibration images are taken from the evaluation images: all of those have their work already. */
async function divergenceOf(spec: DatasetSpec, dataset: Dataset, cacheFolder: string): Promise<ImageSet<'eval'>> {
  const counted = { ...spec, trainPath: undefined, eval: 0 };
  const widened = Math.min(dataset.available.calibration, spec.calibration + divergenceImages);
  const [usual, wider] = await Promise.all(
    [spec.calibration, widened].map((calibration) => openDataset({ ...counted, calibration }, { cacheFolder })),
  );
  const isApart = imagesKey(wider!.eval) === imagesKey(usual!.eval);
  const taken = new Set(
    [...dataset.calibration.entries, ...dataset.train.entries, ...dataset.eval.entries].map(({ hash }) => hash),
  );
  const left = isApart ? wider!.calibration.entries.filter(({ hash }) => !taken.has(hash)) : [];
  return {
    split: 'eval',
    alreadyResized: dataset.calibration.alreadyResized,
    entries: left.map((entry) => ({ ...entry, label: -1 })),
  };
}
