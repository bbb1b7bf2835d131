import classes from './imagenet-classes.json';

/** Name of the class list in cards and in dataset.json. */
export const imagenetLabels = 'imagenet-1k';

/** The 1,000 WordNet ids of ILSVRC2012 in class order: they are sorted, so the index is the class. */
export const imagenetSynsets: readonly string[] = Object.keys(classes);

/** The first name of each class, in class order. Two pairs of classes share one: crane and maillot. */
export const imagenetNames: readonly string[] = Object.values(classes);

const classOfSynset = new Map(imagenetSynsets.map((synset, index) => [synset, index]));
const classOfName = new Map<string, number | undefined>();
for (const [index, name] of imagenetNames.entries()) {
  const key = plainName(name);
  classOfName.set(key, classOfName.has(key) ? undefined : index);
}

/** The class of a text that is a synset or starts with one: `n01440764`, `n01440764_tench`, `n01440764 85 1 499 272`. */
export function imagenetClassOfSynset(text: string): number | undefined {
  return /^n\d{8}(?![0-9A-Za-z])/.test(text) ? classOfSynset.get(text.slice(0, 9)) : undefined;
}

/** The class of a first name such as "great_white_shark"; undefined for a name that two classes share. */
export function imagenetClassOfName(name: string): number | undefined {
  return classOfName.get(plainName(name));
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[_\s]+/g, ' ')
    .trim();
}
