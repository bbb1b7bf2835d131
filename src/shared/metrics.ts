import { z } from 'zod';

const interval = z.tuple([z.number(), z.number()]);
export type Interval = z.infer<typeof interval>;

/** Latency of one target, milliseconds a single image. Ratio below 1: faster than the baseline. */
export const latencyMetricsSchema = z.object({
  target: z.string(),
  p50Ms: z.number(),
  p90Ms: z.number(),
  p99Ms: z.number(),
  madMs: z.number(),
  n: z.number().int(),
  rounds: z.number().int(),
  baselineP50Ms: z.number(),
  /** Candidate / baseline, both interleaved in one process; 95 % bootstrap interval over rounds. */
  ratio: z.number(),
  ratioInterval: interval,
  coldStartMs: z.number(),
  peakMemoryBytes: z.number(),
  mode: z.enum(['quick', 'rigorous']),
});
export type LatencyMetrics = z.infer<typeof latencyMetricsSchema>;

/** Facts of the file alone. */
export const fileMetricsSchema = z.object({
  sizeBytes: z.number().int(),
  sizeCompressedBytes: z.number().int(),
  /** What an ideal entropy coder would need for the weights as stored, each for itself; absent in results of earlier versions. */
  entropyBoundBytes: z.number().int().optional(),
  params: z.number().int(),
  nonZeroParams: z.number().int(),
  macs: z.number().int(),
  /** The depthwise layer in which one weight scale for all channels leaves most of them next to no steps. */
  starvedLayer: z.object({ node: z.string(), channels: z.number().int(), of: z.number().int() }).optional(),
});
export type FileMetrics = z.infer<typeof fileMetricsSchema>;

/** Percentages are 0..100; deltas are percentage points against the model's baseline on the same images. */
export const accuracyMetricsSchema = z.object({
  n: z.number().int(),
  skipped: z.number().int(),
  top1: z.number().optional(),
  top1Interval: interval.optional(),
  top5: z.number().optional(),
  top5Interval: interval.optional(),
  top1Delta: z.number().optional(),
  /** 95 % paired interval of the difference (from the discordant pairs). */
  top1DeltaInterval: interval.optional(),
  /** Exact McNemar p-value. */
  mcnemarP: z.number().optional(),
  /** Share of images where the first class equals the baseline's, %. */
  agreement: z.number().optional(),
});
export type AccuracyMetrics = z.infer<typeof accuracyMetricsSchema>;

export const trialMetricsSchema = z.object({
  ...fileMetricsSchema.partial().shape,
  ...accuracyMetricsSchema.partial().shape,
  /** Bits of the whole file for each parameter: 8 sizeBytes / params. */
  bitsPerWeight: z.number().optional(),
  latency: z.array(latencyMetricsSchema),
});
/** Everything measured for a trial so far; fields appear as their steps finish. */
export type TrialMetrics = z.infer<typeof trialMetricsSchema>;
