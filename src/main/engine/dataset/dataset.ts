import type { ImageProblem, Split, TrainingPlace } from '@shared/dataset';

declare const splitBrand: unique symbol;

/** One image file with its identity. */
export interface ImageEntry {
  /** Absolute path. */
  path: string;
  /** sha256 of the file's bytes, hex: identity for splits, cache and fingerprint. */
  hash: string;
  /** Class index, or -1 without labels. */
  label: number;
}

/**
 * The images of one split. The brand keeps splits apart in the types: an evaluator takes `ImageSet<'eval'>`, techniques see
 * `ImageSet<'calibration'>`, and only `openDataset` makes either, so overlap cannot be written by mistake.
 */
export interface ImageSet<S extends Split = Split> {
  readonly [splitBrand]?: S;
  readonly split: S;
  readonly entries: readonly ImageEntry[];
  /** Only crop, do not resize. */
  readonly alreadyResized: boolean;
}

/** One of several files of the same content. */
export interface Copy extends ImageEntry {
  pool: Split;
}

/** Files with the very same bytes; an image that was scaled or saved anew is another one. */
export interface Duplicates {
  /** Files that repeat another one of their own pool. */
  within: number;
  /** Files of a pool that are in an earlier one too (eval, calibration, train); they are left out there. */
  between: number;
  /** All files of each content that is there more than once, those in several pools first. */
  groups: readonly (readonly Copy[])[];
}

export interface Dataset {
  readonly path: string;
  readonly name: string;
  readonly labelled: boolean;
  /** Class-list name such as "imagenet-1k", where known. */
  readonly labels?: string;
  readonly labelNames?: readonly string[];
  /** Classes become the model's of the same name: see `imagesFor`. */
  readonly byName?: boolean;
  /** How labels were found, in words. */
  readonly layout: string;
  readonly classes: number;
  /** Hash over the chosen images, labels and splits. */
  readonly fingerprint: string;
  /** Images available per split before limits. */
  readonly available: Readonly<Record<Split, number>>;
  readonly eval: ImageSet<'eval'>;
  readonly calibration: ImageSet<'calibration'>;
  readonly train: ImageSet<'train'>;
  /** Where the training images are, if not in the dataset. */
  readonly trainingFolder?: TrainingPlace;
  readonly problems: readonly ImageProblem[];
  readonly duplicates: Duplicates;
}
