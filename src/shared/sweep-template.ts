import type { z } from 'zod';
import type { DatasetSummary } from './dataset';
import type { Recipe } from './recipe';
import type { sweepFileSchema } from './sweep-file';

type SweepInput = z.input<typeof sweepFileSchema>;

/** A sweep that only lacks its models and its dataset. */
export interface SweepTemplate {
  id: string;
  title: string;
  /** What it is for, in one sentence. */
  summary: string;
  /** Networks it was made for, by their names in a model folder; none: any. */
  models: string[];
  /** Parameters may have ranges. */
  recipes: Record<string, Recipe>;
  /** How many images it takes, where there are as many; 0 to evaluate on all. */
  images: { eval: number; calibration: number };
}

/** What of a dataset's summary a template looks at. */
type ImageCounts = Pick<DatasetSummary, 'available' | 'chosen'>;

/**
 * The sweep of a template on a dataset, with those of its networks that are there; with none of them, all that are.
 * @param present names in the model folder
 * @param counts of the dataset, where they are known
 */
export function sweepFromTemplate(
  { title, models, recipes, images }: SweepTemplate,
  present: readonly string[],
  dataset: SweepInput['dataset'],
  counts?: ImageCounts,
): SweepInput {
  const known = models.filter((name) => present.includes(name));
  return {
    name: title.toLowerCase(),
    models: known.length > 0 ? known : [...present],
    dataset: { ...dataset, ...(counts ? limited(images, counts) : images) },
    targets: [{ runtime: 'ort-cpu', threads: 1 }],
    recipes,
  };
}

/** No more than there are. Where calibration is drawn from the images to evaluate on, it gets a third of them at most. */
function limited(wanted: SweepTemplate['images'], { available, chosen }: ImageCounts): SweepTemplate['images'] {
  const isShared = available.calibration - chosen.calibration === available.eval;
  const most = isShared ? Math.floor(available.calibration / 3) : available.calibration;
  const calibration = Math.min(wanted.calibration, most);
  const left = isShared ? available.calibration - calibration : available.eval;
  return { calibration, eval: Math.min(wanted.eval, left) };
}
