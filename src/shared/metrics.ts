import { z } from 'zod';

const interval = z.tuple([z.number(), z.number()]);
export type Interval = z.infer<typeof interval>;

/** What says that other work disturbed a measurement. Facts only: `src/shared` judges them in one place. */
const disturbanceSchema = z.object({
  /** 99th percentile of the candidate's times over their median. */
  p99OverP50: z.number(),
  /** Median absolute deviation of the round ratios over their median. */
  roundSpread: z.number(),
  /** Share of the machine's processor time that other processes took while the rounds ran, 0..1; absent where the system does not tell. */
  otherCpuShare: z.number().optional(),
});
export type Disturbance = z.infer<typeof disturbanceSchema>;

/** A ratio candidate / baseline over session pairs. */
const ratioMetricsSchema = z.object({
  ratio: z.number(),
  ratioInterval: interval,
  /** One for each pair of sessions: the level over which the interval is taken. */
  sessionRatios: z.array(z.number()).optional(),
  /** Where the trial is compared with one that was measured at another time: that one's, beside the same baseline. */
  referenceSessionRatios: z.array(z.number()).optional(),
});
export type RatioMetrics = z.infer<typeof ratioMetricsSchema>;

/** What an image takes above what the machine takes while it idles. Intervals are over session pairs, 95 %. */
const energyMetricsSchema = z.object({
  /** What the sensor counts: "package-0", "dram"; numbers of other domains are not to be compared with these. */
  domains: z.array(z.string()),
  joules: z.number(),
  joulesInterval: interval,
  baselineJoules: z.number(),
  /** Taken off, watts. */
  idleWatts: z.number(),
  /** Whether the sensor could tell it from idling, in every session pair. */
  isTold: z.boolean(),
  /** Ratio below 1: less energy. Absent where one of the two was not told. */
  comparison: ratioMetricsSchema.optional(),
});
export type EnergyMetrics = z.infer<typeof energyMetricsSchema>;

/** Latency of one target, milliseconds a single image. Ratio below 1: faster than the baseline. */
const latencyMetricsSchema = z.object({
  target: z.string(),
  /** Id of the runtime that ran it, the target's where that takes the file; absent in results of earlier versions, which knew only ort-cpu. */
  runtime: z.string().optional(),
  /** Where the baseline ran, where that is another target. */
  baselineTarget: z.string().optional(),
  p50Ms: z.number(),
  p90Ms: z.number(),
  p99Ms: z.number(),
  madMs: z.number(),
  /** Where the time depends on the image: the mean over evaluation images, one at a time, which the ratio is of. Other times are over these images too. */
  meanMs: z.number().optional(),
  /** How many of these images left early, in percent, by the node where they did. */
  leftEarly: z.array(z.object({ node: z.string(), percent: z.number() })).optional(),
  n: z.number().int(),
  rounds: z.number().int(),
  baselineP50Ms: z.number(),
  /** Candidate / baseline, interleaved round by round within each pair of sessions, a process for each pair. */
  ratio: z.number(),
  ratioInterval: interval,
  /** One ratio for each pair of sessions that was opened: the level over which the interval is taken. Absent in results of earlier versions. */
  sessionRatios: z.array(z.number()).optional(),
  /** Where the trial is compared with one that was measured at another time: that one's session ratios, beside the same baseline. */
  referenceSessionRatios: z.array(z.number()).optional(),
  disturbance: disturbanceSchema.optional(),
  /** Only where the kernel tells it, of the same rounds; absent in results of earlier versions. */
  energy: energyMetricsSchema.optional(),
  coldStartMs: z.number(),
  /** Of a cold start, the inference alone: on an accelerator it uploads the weights. Absent in results of earlier versions. */
  firstInferenceMs: z.number().optional(),
  peakMemoryBytes: z.number(),
  mode: z.enum(['brief', 'quick', 'rigorous']),
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
  /** Difference of two neighbouring scores, where they come from codes; absent for floats and in results of earlier versions. */
  outputStep: z.number().optional(),
  /** What runs in integers; absent in results of earlier versions. */
  integerKernels: z
    .object({
      layers: z.number().int(),
      /** Convolutions that quantize their inputs while they run (ConvInteger). */
      dynamicConvolutions: z.number().int(),
      /** Depthwise layers whose channels are no multiple of what an integer kernel takes at a time, and the first of them. */
      raggedDepthwise: z
        .object({
          layers: z.number().int(),
          node: z.string(),
          channels: z.number().int(),
          multipleOf: z.number().int(),
        })
        .optional(),
    })
    .optional(),
});
export type FileMetrics = z.infer<typeof fileMetricsSchema>;

/** What a file of any format tells: of one that was compiled for a device, little more than its bytes. */
const fileDescriptionSchema = fileMetricsSchema.partial().required({ sizeBytes: true, sizeCompressedBytes: true });
export type FileDescription = z.infer<typeof fileDescriptionSchema>;

/** Percentages are 0..100; deltas are percentage points against the model's baseline on the same images. */
const accuracyMetricsSchema = z.object({
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

/** The answers of a deployment beside those that ONNX Runtime gives for the same artifact on the same images. */
const runtimeAgreementSchema = z.object({
  /** Name of the deployment that it is compared with. */
  reference: z.string(),
  /** Images that both answered. */
  n: z.number().int(),
  /** Share of them with the same first class, %. */
  agreement: z.number(),
  /** Of the scores of classes that are among the best five in both; absent in results of earlier versions. */
  largestDifference: z.number().optional(),
  /** The same in steps of the output's codes; absent for floats. */
  largestDifferenceSteps: z.number().optional(),
  /** The same as a share of the largest score of all; absent for codes. */
  largestRelativeDifference: z.number().optional(),
});
export type RuntimeAgreement = z.infer<typeof runtimeAgreementSchema>;

/** The trial's artifact in a runtime's format, with what was measured of that file in that runtime. */
const deploymentMetricsSchema = z.object({
  runtime: z.string(),
  /** The runtime with the device and options that its targets give it: "openvino {precision:default}"; absent in results of earlier versions. */
  name: z.string().optional(),
  /** The runtime of `name`, which does not take this trial's file: `runtime` ran it instead. Absent: it ran there. */
  insteadOf: z.string().optional(),
  format: z.string(),
  /** In which floating-point numbers the runtime says it computed: "f32", "bf16". */
  precision: z.string().optional(),
  /** Absent for ONNX Runtime's own answers, and where it is not among the targets. */
  besideOnnxRuntime: runtimeAgreementSchema.optional(),
  ...fileMetricsSchema.partial().shape,
  ...accuracyMetricsSchema.partial().shape,
});
export type DeploymentMetrics = z.infer<typeof deploymentMetricsSchema>;

export const trialMetricsSchema = z.object({
  ...fileMetricsSchema.partial().shape,
  ...accuracyMetricsSchema.partial().shape,
  /** Bits of the whole file for each parameter: 8 sizeBytes / params. */
  bitsPerWeight: z.number().optional(),
  /** One a runtime of the sweep's targets, in their order. The fields above are those of the first. Absent in results of earlier versions. */
  deployments: z.array(deploymentMetricsSchema).optional(),
  /** Files in formats that no target runs: deployed all the same. */
  files: z.array(z.object({ format: z.string(), ...fileDescriptionSchema.shape })).optional(),
  latency: z.array(latencyMetricsSchema),
});
/** Everything measured for a trial so far; fields appear as their steps finish. */
export type TrialMetrics = z.infer<typeof trialMetricsSchema>;
