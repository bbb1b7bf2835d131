import { z } from 'zod';
import { datasetSpecSchema } from './dataset';

/** What is done to one layer at a time. Amounts are bits, or shares of the layer's weights. */
const sensitivityMethodSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('int8'),
    /** Parameters of `quantize.static`: weights, input and output of the layer in 8 bits. */
    params: z.record(z.string(), z.unknown()).default({}),
  }),
  z.strictObject({
    kind: z.literal('bits'),
    /** Weights alone, with a scale per output channel. */
    bits: z.array(z.int().min(1).max(8)).min(1).max(8),
  }),
  z.strictObject({
    kind: z.literal('prune'),
    /** The smallest weights of the layer become zero: this share of them. */
    amounts: z.array(z.number().min(0).max(0.99)).min(1).max(16),
  }),
]);
export type SensitivityMethod = z.infer<typeof sensitivityMethodSchema>;

export const defaultPruneAmounts: readonly number[] = [0.25, 0.5, 0.75, 0.9];

/** How many calibration images tell layers apart: twice as many hardly change their order. */
export const defaultSensitivityImages = 64;

export const sensitivityRequestSchema = z.strictObject({
  model: z.string().min(1).max(4096),
  dataset: datasetSpecSchema.pick({ path: true, seed: true }),
  /** Calibration images; absent: the usual number, or as many as there are. */
  images: z.int().min(1).max(100_000).optional(),
  method: sensitivityMethodSchema.default({ kind: 'int8', params: {} }),
});
export type SensitivityRequest = z.infer<typeof sensitivityRequestSchema>;

/** How the network's output differs from the float network's, on the same images. */
export interface OutputDifference {
  /** Signal to quantization noise ratio of the logits; null where nothing differs. */
  sqnrDb: number | null;
  /** Squared error of the logits as a share of the squared logits: what `sqnrDb` is the logarithm of. Errors of several layers add up, about. */
  noise: number;
  /** Mean Kullback-Leibler divergence of the class probabilities from the float network's, in nats: smooth, without an upper limit, 0 where nothing differs. */
  divergence: number;
  /** Images for which the predicted class is the float network's, in percent. */
  agreement: number;
}

/** The network with one layer changed. */
export interface LayerEffect extends OutputDifference {
  /** "int8", "4 bit", "50 %". */
  label: string;
  /** Bits, or the share of weights pruned. */
  amount: number;
}

export interface LayerSensitivity {
  /** Name of the node. */
  layer: string;
  op: string;
  /** Weights of the layer. */
  weights: number;
  /** In the order of the variants. */
  effects: LayerEffect[];
}

/** In graph order. */
export interface SensitivityReport {
  model: string;
  method: SensitivityMethod;
  /** Calibration images used. */
  images: number;
  layers: LayerSensitivity[];
}
