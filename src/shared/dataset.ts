import { z } from 'zod';

export const splits = ['calibration', 'train', 'eval'] as const;
export type Split = (typeof splits)[number];

/** What a sweep says of its dataset. Counts of 0 mean: all there are (eval), or none (the others). */
export const datasetSpecSchema = z.strictObject({
  path: z.string().min(1),
  eval: z.number().int().min(0).default(0),
  calibration: z.number().int().min(0).default(256),
  train: z.number().int().min(0).default(0),
  seed: z.number().int().min(0).default(1),
  /** The images are already scaled: only crop. Overrides dataset.json. */
  alreadyResized: z.boolean().optional(),
  /** How the dataset's classes become the model's: by number (the usual), or by name where the class lists differ. */
  classes: z.enum(['by-number', 'by-name']).optional(),
});
export type DatasetSpec = z.infer<typeof datasetSpecSchema>;

/** One image that is not used, and why. */
export interface ImageProblem {
  file: string;
  message: string;
}

/** A dataset as the window and the command line show it. */
export interface DatasetSummary {
  path: string;
  name: string;
  /** How labels were found, in words: "val.txt", "class folders (synsets)", "no labels". */
  layout: string;
  labelled: boolean;
  classes: number;
  /** Images available per split before limits. */
  available: Record<Split, number>;
  /** Images chosen per split for this spec. */
  chosen: Record<Split, number>;
  fingerprint: string;
  problems: ImageProblem[];
  /** A few image paths for a preview. */
  samples: { file: string; label?: string }[];
}
