import type { Split } from '@shared/dataset';
import type { ModelCard } from '@shared/model-card';
import type { Dataset, ImageSet } from './dataset';
import { imagesFor } from './map-classes';

/** What of a dataset steps look at that make networks. */
export type StepDataset = Pick<Dataset, 'calibration' | 'train'> &
  Partial<Pick<Dataset, 'path' | 'byName' | 'labels' | 'labelNames'>>;

/**
 * The images that a step gets of a split. Those for training have the network's class numbers, as evaluation images have; where there are
 * none, calibration images serve, which are no evaluation images either.
 * Throws `dataset.classes-unnamed`.
 */
export function stepImages(
  split: Exclude<Split, 'eval'>,
  dataset: StepDataset,
  card: Pick<ModelCard, 'name' | 'labels' | 'labelNames'>,
): ImageSet<'calibration' | 'train'> {
  if (split === 'calibration') return dataset.calibration;
  const { calibration, train } = dataset;
  const { entries, alreadyResized } = train.entries.length > 0 ? train : calibration;
  return imagesFor<'train'>({ split, entries, alreadyResized }, dataset, card);
}
