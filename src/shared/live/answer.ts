import { z } from 'zod';

/** Where the time of a frame goes, in order. */
export const liveStages = ['capture', 'preprocess', 'inference', 'post'] as const;
export type LiveStage = (typeof liveStages)[number];
/** Milliseconds in each stage. */
export type StageTimes = Record<LiveStage, number>;

const milliseconds = z.number().min(0);

/** What a network said of one frame. */
export const liveAnswerSchema = z.object({
  /** The best five classes, best first; fewer where there are fewer numbers. Probability 0..1; absent where scores are integers of unknown scale. */
  top: z.array(z.object({ class: z.number().int().min(0), score: z.number().optional() })).max(5),
  /** Values among the scores that are not numbers. */
  notNumbers: z.number().int(),
  /** Capture: reading the file, 0 for a frame that came as pixels or bytes. */
  times: z.object({ capture: milliseconds, preprocess: milliseconds, inference: milliseconds, post: milliseconds }),
  /** The first inference of its session, in which runtimes still prepare themselves. */
  isFirst: z.boolean(),
});
export type LiveAnswer = z.infer<typeof liveAnswerSchema>;
