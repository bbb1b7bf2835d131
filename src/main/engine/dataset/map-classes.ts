import { AppError } from '@shared/errors';
import type { Split } from '@shared/dataset';
import type { ModelCard } from '@shared/model-card';
import type { Dataset, ImageEntry, ImageSet } from './dataset';
import { imagenetLabels, imagenetNames } from './imagenet-classes';

type Names = readonly string[];

/**
 * The images of a split as the model numbers their classes. Where the sweep asks for classes by name, each class of the dataset becomes
 * the model's of the same name, and images of classes that the model does not know are left out; else the set itself.
 * Throws `dataset.classes-unnamed` where names are missing, or none is the same.
 */
export function imagesFor<S extends Split>(
  set: ImageSet<S>,
  dataset: Partial<Pick<Dataset, 'path' | 'byName' | 'labels' | 'labelNames'>>,
  card: Pick<ModelCard, 'name' | 'labels' | 'labelNames'>,
): ImageSet<S> {
  if (!dataset.byName) return set;
  const refuse = (detail: string): AppError =>
    new AppError('dataset.classes-unnamed', { path: dataset.path, model: card.name, detail });
  const [ours, theirs] = [namesOf(dataset), namesOf(card)];
  if (!ours) throw refuse('the dataset does not name its classes');
  if (!theirs) throw refuse('the model does not name its classes (labelNames in its card, or labels "imagenet-1k")');
  const classOf = matchNames(ours, theirs);
  if (!classOf.some((label) => label !== undefined)) throw refuse('no name is the same on both sides');
  return {
    ...set,
    entries: set.entries.flatMap((entry): ImageEntry[] => {
      if (entry.label < 0) return [entry];
      const label = classOf[entry.label];
      return label === undefined ? [] : [{ ...entry, label }];
    }),
  };
}

/** For each name, the number of the same one among `others`: the whole name, or one of its synonyms, whatever the case. */
export function matchNames(names: Names, others: Names): (number | undefined)[] {
  const whole = new Map<string, number>();
  const synonyms = new Map<string, number | undefined>();
  for (const [index, name] of others.entries()) {
    if (!whole.has(plain(name))) whole.set(plain(name), index);
    // A synonym of two classes (ImageNet has two cranes) stands for neither.
    for (const synonym of synonymsOf(name)) synonyms.set(synonym, synonyms.has(synonym) ? undefined : index);
  }
  return names.map((name) => {
    const found = [whole.get(plain(name)), ...synonymsOf(name).map((synonym) => synonyms.get(synonym))];
    return found.find((index) => index !== undefined);
  });
}

export function namesOf({ labels, labelNames }: { labels?: string; labelNames?: Names }): Names | undefined {
  return labelNames ?? (labels === imagenetLabels ? imagenetNames : undefined);
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
const synonymsOf = (name: string): string[] => name.split(',').map(plain).filter(Boolean);
