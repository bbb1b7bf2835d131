/** What a network answered for one image. */
export interface Answer {
  /** Its first class; absent where no number came out. */
  class?: number;
  /** Probability of that class, 0..1; absent in results of earlier versions. */
  score?: number;
  /** How far it is ahead of the second class; absent as the score. */
  margin?: number;
  /** Probability of the true class, where it is among the five best. */
  trueScore?: number;
}

/**
 * How an answer changed. `lost`: right before, wrong after; `gained`: the other way round; `moved`: from one wrong class to another;
 * `changed`: nobody knows the true class.
 */
export const flipKinds = ['lost', 'gained', 'moved', 'changed'] as const;
export type FlipKind = (typeof flipKinds)[number];

/** An image that the two networks answer differently. */
export interface Flip {
  /** sha256 of the image file. */
  hash: string;
  kind: FlipKind;
  /** The true class, or -1. */
  label: number;
  before: Answer;
  after: Answer;
}

/** The images of one true class. */
export interface ClassFlips {
  label: number;
  /** Images of the class that both answered. */
  n: number;
  rightBefore: number;
  lost: number;
  gained: number;
  moved: number;
  /** Exact McNemar: how likely so uneven a split of lost and gained is by chance. */
  p: number;
  /** The same, adjusted for all classes in the report (Benjamini and Hochberg). */
  adjustedP: number;
}

/** How often images of one class were answered as another. */
export interface ConfusionChange {
  label: number;
  answer: number;
  before: number;
  after: number;
}

/** Where the points of top-1 went between two networks on the same images. */
export interface FlipReport {
  /** The recipe of what the candidate is compared with. */
  reference: string;
  runtime: string;
  /** Images that both answered, and how many of them have a label. */
  images: number;
  labelled: number;
  /** Percent of the labelled images. */
  top1Before?: number;
  top1After?: number;
  /** Surest losses first: by what the reference gave the answer it was ahead with. */
  flips: Flip[];
  /** Classes with an image that flipped, the greatest net loss first. */
  classes: ClassFlips[];
  /** Confusions that became more or less frequent, the greatest increase first. */
  confusions: ConfusionChange[];
  /** Names by class; absent where nobody names them. */
  classNames?: string[];
}

/** "tench", or "class 0" where there is no name, or "no answer". */
export function className({ classNames }: Pick<FlipReport, 'classNames'>, label: number | undefined): string {
  if (label === undefined) return 'no answer';
  return label < 0 ? 'unknown' : (classNames?.[label] ?? `class ${label}`);
}

/** A small picture of an evaluation image, or why there is none. */
export interface Thumbnail {
  hash: string;
  /** `data:image/jpeg;base64,...` */
  dataUrl?: string;
  problem?: string;
}
