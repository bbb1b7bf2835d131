import type { ImageProblem, Split } from '@shared/dataset';

export interface LabelledImage {
  /** Absolute path. */
  path: string;
  /** Class index, or -1 without labels. */
  label: number;
}

export interface FoundPool {
  images: LabelledImage[];
  alreadyResized: boolean;
}

/** What a dataset folder turned out to be, before any image was read. */
export interface Layout {
  name?: string;
  /** In words: "val.txt", "class folders (synsets)", "no labels". */
  description: string;
  /** Class-list name, where known. */
  labels?: string;
  labelNames?: readonly string[];
  /** Number of classes, where the class list or the folders tell it. */
  classes?: number;
  /** A folder without splits of its own is one pool, for `eval`; `chooseSplits` takes the others from it. */
  pools: Partial<Record<Split, FoundPool>>;
  problems: ImageProblem[];
}

/** The class list that labels refer to. */
export interface ClassList {
  labels?: string;
  labelNames?: readonly string[];
  classes?: number;
}
