import { z } from 'zod';

export const splits = ['calibration', 'train', 'eval'] as const;
export type Split = (typeof splits)[number];

/** Calibration images that are taken where nobody asks for a number. */
export const usualCalibrationImages = 256;

/** Halves of the evaluation images: one to choose on, and one that only what was chosen is measured on. */
const evaluationParts = ['selection', 'confirmation'] as const;
export type EvaluationPart = (typeof evaluationParts)[number];

/** What a sweep says of its dataset. Counts of 0 mean: all there are (eval), or none (the others). */
export const datasetSpecSchema = z.strictObject({
  path: z.string().min(1),
  eval: z.number().int().min(0).default(0),
  calibration: z.number().int().min(0).default(usualCalibrationImages),
  train: z.number().int().min(0).default(0),
  /** Only this half of the evaluation images; absent: both. */
  part: z.enum(evaluationParts).optional(),
  seed: z.number().int().min(0).default(1),
  /** The images are already scaled: only crop. Overrides dataset.json. */
  alreadyResized: z.boolean().optional(),
  /** How the dataset's classes become the model's: by number (the usual), or by name where the class lists differ. */
  classes: z.enum(['by-number', 'by-name']).optional(),
});
export type DatasetSpec = z.infer<typeof datasetSpecSchema>;

/** One image that is not used, and why. */
const imageProblemSchema = z.object({ file: z.string(), message: z.string() });
export type ImageProblem = z.infer<typeof imageProblemSchema>;

const perSplit = z.record(z.enum(splits), z.number().int());

/** A dataset as the window and the command line show it. */
export const datasetSummarySchema = z.object({
  path: z.string(),
  name: z.string(),
  /** How labels were found, in words: "val.txt", "class folders (synsets)", "no labels". */
  layout: z.string(),
  labelled: z.boolean(),
  classes: z.number().int(),
  /** Images available per split before limits. */
  available: perSplit,
  /** Images chosen per split for this spec. */
  chosen: perSplit,
  fingerprint: z.string(),
  problems: z.array(imageProblemSchema),
  /** A few image paths for a preview. */
  samples: z.array(z.object({ file: z.string(), label: z.string().optional() })),
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;
