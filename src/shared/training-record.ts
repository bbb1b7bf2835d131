import { z } from 'zod';

/** Of a curve; a training makes far fewer, but files may come from elsewhere. */
const mostPoints = 1000;

/** How the network did on images that it was not trained on, after a step; 0: before the first. */
const heldOutPointSchema = z.object({
  step: z.number().int(),
  loss: z.number(),
  /** Percent of the images that get the class which the float network gives them. */
  agreement: z.number().optional(),
  /** From the beginning of the training, interruptions left out. */
  seconds: z.number(),
});

/** How a step that trained went. */
export const trainingRecordSchema = z.object({
  technique: z.string(),
  /** Images a step. */
  batch: z.number().int(),
  /** Steps that were done. */
  steps: z.number().int(),
  /** Images that were not trained on. */
  heldOutImages: z.number().int(),
  /** The mean loss of the steps since the point before. */
  losses: z.array(z.object({ step: z.number().int(), loss: z.number() })).max(mostPoints),
  /** Empty where no images are held out. */
  heldOut: z.array(heldOutPointSchema).max(mostPoints),
  /** The step whose weights were kept; 0: the network stayed as it was. */
  keptStep: z.number().int(),
  seconds: z.number(),
  /** Share of that in which steps waited for images. */
  waitedShare: z.number(),
  /** Somebody stopped it by hand: steps that it would have had, at most, and those of an epoch. Absent: it ran to its end. */
  stopped: z.object({ of: z.number().int(), stepsOfEpoch: z.number().int() }).optional(),
});
export type TrainingRecord = z.infer<typeof trainingRecordSchema>;
