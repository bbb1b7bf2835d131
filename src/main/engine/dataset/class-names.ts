import { imagenetClassOfName, imagenetClassOfSynset, imagenetLabels, imagenetNames } from './imagenet-classes';
import type { ClassList } from './layout';
import { compareText } from './list-images';

export const imagenet: ClassList = { labels: imagenetLabels, labelNames: imagenetNames, classes: imagenetNames.length };

export interface ClassNaming extends ClassList {
  /** How names were understood, in words: "synsets". */
  description: string;
  /** Undefined for a name that is no class of this list. */
  labelOf(name: string): number | undefined;
}

/**
 * What the names of class folders mean. In this order: names of the list that `dataset.json` gives; ImageNet synsets; ImageNet
 * class names; class numbers ("0", "1", ...); else classes 0..n-1 in the order of the sorted names, as torchvision does it.
 */
export function nameClasses(names: readonly string[], given: ClassList): ClassNaming {
  if (given.labelNames && given.labels !== imagenetLabels) {
    const index = new Map(given.labelNames.map((name, label) => [name, label]));
    return { ...given, description: 'names of dataset.json', labelOf: (name) => index.get(name) };
  }
  const synsets = names.filter((name) => imagenetClassOfSynset(name) !== undefined);
  // Folders such as "misc" beside the synsets are reported, they do not turn the rest into other classes.
  if (synsets.length * 2 > names.length) {
    return { ...imagenet, description: 'synsets', labelOf: imagenetClassOfSynset };
  }
  if (given.labels === imagenetLabels || names.every((name) => imagenetClassOfName(name) !== undefined)) {
    return { ...imagenet, description: 'ImageNet class names', labelOf: imagenetClassOfName };
  }
  if (names.every((name) => /^\d{1,6}$/.test(name))) {
    const classes = names.reduce((most, name) => Math.max(most, Number(name) + 1), 0);
    return { labels: given.labels, classes, description: 'class numbers', labelOf: Number };
  }
  const sorted = [...new Set(names)].sort(compareText);
  const index = new Map(sorted.map((name, label) => [name, label]));
  return {
    labels: given.labels,
    labelNames: sorted,
    classes: sorted.length,
    description: 'sorted names',
    labelOf: (name) => index.get(name),
  };
}
