import { z } from 'zod';
import { augmentationNames } from '@shared/augmentation';

/** How images vary: parameters that all trainings have. */
export const variationParams = (usual: { augmentation: (typeof augmentationNames)[number] }) => ({
  augmentation: z
    .enum(augmentationNames)
    .default(usual.augmentation)
    .describe(
      'How an image varies from epoch to epoch: crops of at least half of it and their mirror images (gentle), these in other colours too (colourful), or crops down to a twelfth (strong)',
    ),
  mixup: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Mixes each image with another of its batch, in shares drawn from Beta(mixup, mixup): the float network is asked about what no photograph shows; 0: no image is mixed',
    ),
});

/** Parameters of techniques that train a network to answer as the float one does, with the defaults that differ. */
export const trainingParams = ({ epochs, learningRate }: { epochs: number; learningRate: number }) => ({
  epochs: z.number().min(0.01).max(1000).default(epochs).describe('Times that every training image is seen'),
  iterations: z
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .default(0)
    .describe('Steps to train, in place of the epochs; 0: as many as those have'),
  ...variationParams({ augmentation: 'gentle' }),
  batch: z.number().int().min(1).max(1024).default(16).describe('Images a step; memory grows with it'),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(learningRate)
    .describe('The highest learning rate of AdamW, which falls along half a cosine'),
  temperature: z
    .number()
    .min(0.1)
    .max(100)
    .default(2)
    .describe('Of the answers of the float network: the higher, the more the less likely classes count'),
  labels: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe(
      'Share of the loss that true classes have, the rest having the answers of the float network; 0, or images without labels: none',
    ),
});
export type TrainingParams = z.infer<z.ZodObject<ReturnType<typeof trainingParams>>>;

export const featuresParam = z
  .number()
  .min(0)
  .max(1000)
  .default(0)
  .describe(
    'Weight of the distance from the features that the float network has before its classifier; 0: not compared',
  );

/**
 * For networks that are to answer as they did: at this weight the maps count ten times as much as the answers, which training images in the hundreds
 * teach by heart within an epoch, while maps of every position behind every block still tell something of images that were not seen.
 */
export const usualBlocks = 30;

/** @param usual the default */
export const blocksParam = (usual: number) =>
  z
    .number()
    .min(0)
    .max(1000)
    .default(usual)
    .describe(
      'Weight of the distance from what the float network has behind each of its blocks, the mean over those that have the same size in both: it says more of few images than their answers do; 0: not compared',
    );
