import { z } from 'zod';
import { liveAnswerSchema, liveStages } from './answer';

const quantiles = z.object({ p50Ms: z.number(), p90Ms: z.number() });

const snapshotSideSchema = z.strictObject({
  name: z.string().max(800),
  target: z.string().max(400),
  sizeBytes: z.number().int(),
  openMs: z.number(),
  /** Of the frame in the picture, with the name of each class. */
  answer: liveAnswerSchema,
  classNames: z.array(z.string().max(400)).max(5),
  frames: z.number().int(),
  dropped: z.number().int(),
  firstInferenceMs: z.number().optional(),
  framesPerSecond: z.number().optional(),
  stages: z.record(z.enum(liveStages), quantiles).optional(),
});

/** One frame with what was said of it, and the numbers of the session until then. */
export const liveSnapshotSchema = z.strictObject({
  /** ISO 8601. */
  takenAt: z.iso.datetime(),
  /** "Camera", or the name of the image. */
  source: z.string().max(4096),
  label: z.string().max(400).optional(),
  picture: z
    .string()
    .max(50_000_000)
    .regex(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/),
  sides: z.array(snapshotSideSchema).min(1).max(2),
  /** Of the frames that both answered. */
  agreement: z.strictObject({ both: z.number().int(), agreeing: z.number().int() }).optional(),
});
export type LiveSnapshot = z.infer<typeof liveSnapshotSchema>;
