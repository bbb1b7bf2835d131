import type { DatasetSpec, ImageProblem } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chooseSplits } from './choose-splits';
import type { ImageEntry, ImageSet } from './dataset';
import { findLayout } from './find-layout';
import { firstFew } from './first-few';
import { hashImages } from './hash-images';
import type { hashFiles } from './hash-index';
import type { ClassList, LabelledImage, Layout } from './layout';
import { classNamesOf, matchNames } from './map-classes';
import { splitProblems } from './split-problems';

/** The dataset that training images of another folder must fit to. */
interface Beside {
  path: string;
  /** The class numbers that they get. */
  classes: ClassList;
  /** All evaluation images, of both halves. */
  evaluated: readonly ImageEntry[];
}

export interface TrainingFolder {
  images: ImageSet<'train'>;
  layout: Layout;
  isLabelled: boolean;
  /** Images that may be taken. */
  available: number;
  problems: ImageProblem[];
}

/**
 * Training images from a folder of their own: its training images where it has splits, else those for calibration, else all. They get the
 * dataset's class numbers, by name where both sides name their classes and the lists differ. Those with the very bytes of an evaluation image
 * are left out, and a sentence says which.
 * @param path of the folder or its dataset.json
 * @param spec `train` of them, all for 0, stratified by class
 * Throws `dataset.training-evaluated` and `dataset.training-classes` where none is left, `dataset.too-few`, and what reading a folder throws.
 */
export async function openTrainingFolder(
  path: string,
  { train: wanted, seed }: Pick<DatasetSpec, 'train' | 'seed'>,
  beside: Beside,
  options: Parameters<typeof hashFiles>[2] & { upTo?: readonly string[] },
): Promise<TrainingFolder> {
  const { root, layout } = await findLayout(path);
  const pool = (layout.pools.train ?? layout.pools.calibration ?? layout.pools.eval)!;
  if (pool.images.length === 0) throw new AppError('dataset.empty', { path });
  const numbered = renumber(pool.images, { path, classes: layout }, beside);
  const { found, problems: unreadable } = await hashImages(root, numbered.images, options);
  if (found.length === 0)
    throw new AppError('dataset.unreadable', { path, count: unreadable.length, first: unreadable[0]?.message });

  const counts = { eval: 0, calibration: 0, train: wanted === 0 ? Infinity : wanted };
  const { chosen, available, overlapping, conflicting } = chooseSplits(
    { eval: beside.evaluated, train: found },
    counts,
    seed,
  );
  const evaluated = overlapping.train ?? [];
  const examples = firstFew(evaluated.map((entry) => basename(entry.path)));
  if (available.train === 0) throw new AppError('dataset.training-evaluated', { path, dataset: beside.path, examples });
  if (available.train < wanted && !options.upTo?.includes('train'))
    throw new AppError('dataset.too-few', { path, split: 'train', available: available.train, wanted });
  const coinciding: ImageProblem = {
    file: path,
    message: `${evaluated.length} of the ${available.train + evaluated.length} training images in ${path} are evaluation images too, by their content (${examples}); they are left out of training.`,
  };
  return {
    images: { split: 'train', entries: chosen.train, alreadyResized: pool.alreadyResized },
    layout,
    isLabelled: chosen.train.some(({ label }) => label >= 0),
    available: available.train,
    problems: [
      ...(evaluated.length > 0 ? [coinciding] : []),
      ...numbered.problems,
      ...layout.problems,
      ...unreadable,
      ...splitProblems({ conflicting, overlapping: {} }, path),
    ],
  };
}

/** Images with the class numbers of the dataset beside; without names on a side, a number is the same class on both. */
function renumber(
  images: readonly LabelledImage[],
  own: { path: string; classes: ClassList },
  { path: dataset, classes }: Beside,
): { images: LabelledImage[]; problems: ImageProblem[] } {
  const [ours, theirs] = [classNamesOf(own.classes), classNamesOf(classes)];
  if (!ours || !theirs || isDeepStrictEqual(ours, theirs)) return { images: [...images], problems: [] };
  const classOf = matchNames(ours, theirs);
  const unknown = new Set<string>();
  const known = images.flatMap((image): LabelledImage[] => {
    const label = image.label < 0 ? image.label : classOf[image.label];
    if (label !== undefined) return [{ ...image, label }];
    unknown.add(ours[image.label] ?? String(image.label));
    return [];
  });
  if (unknown.size === 0) return { images: known, problems: [] };
  const examples = firstFew([...unknown]);
  if (known.length === 0) throw new AppError('dataset.training-classes', { path: own.path, dataset, examples });
  const message = `${images.length - known.length} training images in ${own.path} are of classes that ${dataset} does not have (${examples}); they are left out of training.`;
  return { images: known, problems: [{ file: own.path, message }] };
}
