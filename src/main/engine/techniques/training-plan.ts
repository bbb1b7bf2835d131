import { z } from 'zod';
import { augmentations } from '@shared/augmentation';
import { noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { adamW } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import type { FineTuneOptions } from '../training/fine-tune';
import { fixedBatch } from '../training/network-batch';
import { heldOutCount, type Judgement } from '../training/run-training';

/** Parameters of techniques that train as one part of what they do; what else training has stands at the values that suit most networks. */
export const trainingParams = {
  epochs: z.number().min(0.01).max(1000).default(8).describe('Times that every training image is seen'),
  batch: z.number().int().min(1).max(1024).default(16).describe('Images a step; memory grows with it'),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(5e-5)
    .describe('The highest learning rate of AdamW, which falls along half a cosine'),
  labels: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe(
      'Share of the loss that true classes have, the rest having the answers of the float network; 0, or images without labels: none',
    ),
};
export type TrainingParams = z.infer<z.ZodObject<typeof trainingParams>>;

const optimizer = adamW({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
const usual = { optimizer, weightDecay: 1e-4, temperature: 2, featureWeight: 0, checkpointMs: 120_000 };

export interface TrainingPlan {
  images: TrainingImages;
  options: FineTuneOptions;
  /** "Trained for 55 steps of 16 images, by the float network alone": what a note begins with. */
  summary: string;
}

/** Throws `technique.failed` where there are fewer images than the batch that a network fixes. */
export function trainingPlan(
  id: string,
  network: Graph,
  params: TrainingParams,
  context: Pick<TechniqueContext, 'images'>,
): TrainingPlan {
  const images = context.images('train');
  const batch = fixedBatch(network) ?? Math.min(params.batch, images.count);
  if (images.count < Math.max(1, batch)) throw noImages(id);
  const trained = images.count - heldOutCount(images.count, batch);
  const iterations = Math.max(1, Math.ceil((params.epochs * trained) / batch));
  const labelShare = images.isLabelled ? params.labels : 0;
  const { learningRate } = params;
  const source = labelShare > 0 ? 'the float network and labels' : 'the float network alone';
  return {
    images,
    options: { ...usual, augmentation: augmentations.gentle, batch, iterations, learningRate, labelShare },
    summary: `Trained for ${iterations} steps of ${batch} images, by ${source}`,
  };
}

/** What held-out images say of a network that stays pruned at once where training gained nothing; undefined where none were held out. */
export function judgementNote({ before, after, images }: Judgement): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  const kept = after < before ? '' : '. It did not fall, so the weights are those pruned at once';
  return `Loss on ${images} images that were not trained on: ${before.toPrecision(3)} pruned at once, ${after.toPrecision(3)} trained${kept}.`;
}
