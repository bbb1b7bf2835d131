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
  const [ours, theirs] = [classNamesOf(dataset), classNamesOf(card)];
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

/** What the class of an image is to a network: its number there, or its name where the network has no such class; neither where nobody says. */
export interface KnownClass {
  label?: number;
  foreign?: string;
}

/**
 * The classes of a set of `imagesFor` as a network knows them. By name where both sides name their classes, also where the dataset counts
 * folders in the order of their names; else by number.
 */
export function knownClasses(
  set: Pick<ImageSet, 'entries'>,
  dataset: Partial<Pick<Dataset, 'byName' | 'labels' | 'labelNames'>>,
  card: Pick<ModelCard, 'labels' | 'labelNames' | 'output'>,
): KnownClass[] {
  const [ours, theirs] = [classNamesOf(dataset), classNamesOf(card)];
  const isOneList = dataset.labels !== undefined && dataset.labels === card.labels;
  const byName = ours && theirs && !isOneList && !dataset.byName ? matchNames(ours, theirs) : undefined;
  return set.entries.map(({ label: own }) => {
    if (own < 0) return {};
    const label = byName ? byName[own] : own;
    return label !== undefined && label < card.output.classes ? { label } : { foreign: ours?.[own] ?? String(own) };
  });
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

/** Names in the order of the class numbers: given one by one, or by the name of a list that is known here. */
export function classNamesOf({ labels, labelNames }: { labels?: string; labelNames?: Names }): Names | undefined {
  return labelNames ?? (labels === imagenetLabels ? imagenetNames : undefined);
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
const synonymsOf = (name: string): string[] => name.split(',').map(plain).filter(Boolean);
