import { z } from 'zod';

export const splits = ['calibration', 'train', 'eval'] as const;
export type Split = (typeof splits)[number];

/** Calibration images that are taken where nobody asks for a number. */
export const usualCalibrationImages = 256;

/** Halves of the evaluation images: one to choose on, and one that only what was chosen is measured on. */
const evaluationParts = ['selection', 'confirmation'] as const;
export type EvaluationPart = (typeof evaluationParts)[number];

/**
 * What a sweep says of its dataset. Counts of 0 mean: all there are (eval), or none (the others). Steps that train see the calibration images
 * where nobody gives training images.
 */
export const datasetSpecSchema = z.strictObject({
  path: z.string().min(1),
  eval: z.number().int().min(0).default(0),
  calibration: z.number().int().min(0).default(usualCalibrationImages),
  train: z.number().int().min(0).default(0),
  /**
   * Another folder, or a dataset.json, that the training images come from: `train` of them, 0 for all that are there. In a sweep file
   * `train: FOLDER` says the same.
   */
  trainPath: z.string().min(1).max(4096).optional(),
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

/** How many images of a class the splits took. */
const classCountSchema = z.object({ label: z.number().int(), name: z.string(), images: perSplit });
export type ClassCount = z.infer<typeof classCountSchema>;

const duplicatesSchema = z.object({
  /** Files that repeat, byte for byte, another one of their own split. */
  within: z.number().int(),
  /** Files that are in an earlier split too, where alone they are used. */
  between: z.number().int(),
  /** Contents that are there more than once. */
  groups: z.number().int(),
  /** The files of the first of them. */
  examples: z.array(z.array(z.string())),
});

/** A folder that the training images come from. */
const trainingPlaceSchema = z.object({
  path: z.string(),
  /** How labels were found, in words. */
  layout: z.string(),
  labelled: z.boolean(),
});
export type TrainingPlace = z.infer<typeof trainingPlaceSchema>;

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
  /** Absent: the training images are the dataset's own. */
  trainingFolder: trainingPlaceSchema.optional(),
  problems: z.array(imageProblemSchema),
  /** Of classes that have images, in their order. */
  classCounts: z.array(classCountSchema),
  duplicates: duplicatesSchema,
  /** A few image paths for a preview. */
  samples: z.array(z.object({ file: z.string(), label: z.string().optional() })),
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;

/** Images of a split that are shown at once, at most. */
const previewLimit = 48;

export const previewRequestSchema = z.strictObject({
  dataset: datasetSpecSchema,
  split: z.enum(splits),
  from: z.number().int().min(0),
  count: z.number().int().min(1).max(previewLimit),
});

/** What decoding every image found. */
export const imageCheckSchema = z.object({
  images: z.number().int(),
  problems: z.array(imageProblemSchema),
  /** Images for calibration or training that show an evaluation image, though their files differ. */
  evaluated: z.array(imageProblemSchema),
});
export type ImageCheck = z.infer<typeof imageCheckSchema>;

export const datasetPreviewSchema = z.object({
  /** Images of the split. */
  total: z.number().int(),
  images: z.array(
    z.object({
      file: z.string(),
      label: z.string().optional(),
      /** A small JPEG; absent where `problem` says why. */
      url: z.string().optional(),
      problem: z.string().optional(),
    }),
  ),
});
export type DatasetPreview = z.infer<typeof datasetPreviewSchema>;

/** What the classes of a dataset are to a network. */
export const classMappingSchema = z.object({
  model: z.string(),
  /** Of the network. */
  classes: z.number().int(),
  /** Both sides name their classes. */
  namesKnown: z.boolean(),
  /** Both say that they follow the same class list. */
  sameList: z.boolean(),
  rows: z.array(
    z.object({
      label: z.number().int(),
      name: z.string(),
      images: z.number().int(),
      /** The network's class of this number, and of this name. */
      byNumber: z.string().optional(),
      byName: z.string().optional(),
      /** The network's class with the nearest name, where none is the same. */
      near: z.string().optional(),
    }),
  ),
});
export type ClassMapping = z.infer<typeof classMappingSchema>;
