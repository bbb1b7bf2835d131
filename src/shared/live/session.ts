import { z } from 'zod';
import { datasetSpecSchema } from '../dataset';
import { targetSchema } from '../sweep-file';
import { classComparisonSchema } from './class-comparison';

const name = z.string().min(1).max(400);

/** A model by its path or its name in the model folder, or what a trial left. */
const liveModelSchema = z.union([
  z.strictObject({ path: z.string().min(1).max(4096) }),
  z.strictObject({ run: name, trial: name }),
]);
export type LiveModel = z.infer<typeof liveModelSchema>;

/** A model file of any format that a runtime opens. */
export const liveModelFileSchema = z.object({ path: z.string(), title: z.string(), format: z.string() });
export type LiveModelFile = z.infer<typeof liveModelFileSchema>;

/** What one side of Live runs, and on what: always on this machine. */
export const liveDeploymentSchema = z.strictObject({ model: liveModelSchema, target: targetSchema.omit({ on: true }) });
export type LiveDeployment = z.infer<typeof liveDeploymentSchema>;

/** Images to step through: the evaluation images of a dataset, or those of a run, all or the named ones in their order. */
export const liveSourceSchema = z.union([
  z.strictObject({ dataset: datasetSpecSchema }),
  z.strictObject({
    run: name,
    hashes: z
      .array(z.string().regex(/^[0-9a-f]{64}$/))
      .max(200_000)
      .optional(),
  }),
]);
export type LiveSource = z.infer<typeof liveSourceSchema>;

/** A side that is ready. */
export const liveSideSchema = z.object({
  /** "resnet50 int8" */
  name: z.string(),
  /** "ort-cpu x1" */
  target: z.string(),
  sizeBytes: z.number().int(),
  /** Short side after resizing and `[height, width]` of the crop, as the network sees a picture. */
  resize: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  crop: z.tuple([z.number(), z.number()]),
  classes: z.number().int(),
  classNames: z.array(z.string()).optional(),
  /** Until the runtime had loaded the file. */
  openMs: z.number(),
});
export type LiveSideInfo = z.infer<typeof liveSideSchema>;

export const liveSessionSchema = z.object({
  sides: z.array(liveSideSchema).min(1).max(2),
  /** How their classes compare; absent for one side. */
  comparison: classComparisonSchema.optional(),
});
export type LiveSessionInfo = z.infer<typeof liveSessionSchema>;

/**
 * The images of a source. `label` is the class as the first side numbers them, absent where it is unknown; `foreign` names a class that the
 * first side does not have.
 */
export const liveImagesSchema = z.object({
  name: z.string(),
  /** They were resized before: networks only crop them. */
  isResized: z.boolean(),
  images: z.array(z.object({ name: z.string(), label: z.number().int().optional(), foreign: z.string().optional() })),
  /** Images that were asked for and are not among them. */
  gone: z.number().int().min(0).optional(),
});
export type LiveImages = z.infer<typeof liveImagesSchema>;
