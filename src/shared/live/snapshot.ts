import { z } from 'zod';
import { liveAnswerSchema, liveStages } from './answer';

const quantiles = z.object({ p50Ms: z.number(), p90Ms: z.number() });

/** Width and height. */
const pixels = z.tuple([z.number().int().min(1), z.number().int().min(1)]);

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
  /** As it showed, no larger. */
  picture: z
    .string()
    .max(50_000_000)
    .regex(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/),
  picturePixels: pixels,
  /** Of the frame that the networks got; absent where they got a file, of which the window has but a copy to look at. */
  framePixels: pixels.optional(),
  sides: z.array(snapshotSideSchema).min(1).max(2),
  /** Of the frames that both answered; absent where they cannot be compared. */
  agreement: z.strictObject({ both: z.number().int(), agreeing: z.number().int() }).optional(),
  /** What has to be said of how they compare. */
  comparison: z.string().max(2000).optional(),
});
export type LiveSnapshot = z.infer<typeof liveSnapshotSchema>;

/** What was done to the picture for the page; undefined where it is the frame itself. */
export function pictureNote({
  picturePixels,
  framePixels,
}: Pick<LiveSnapshot, 'picturePixels' | 'framePixels'>): string | undefined {
  const shown = `The picture is ${picturePixels.join(' x ')} pixels, as the window showed it`;
  if (!framePixels) return `${shown}; the networks got the file itself.`;
  if (framePixels.every((side, axis) => side === picturePixels[axis])) return undefined;
  return `${shown}; the networks got the whole ${framePixels.join(' x ')}.`;
}
