import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { plainGraph } from '../compression/layers/plain-graph';
import { adamW } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import type { FineTuneOptions } from '../training/fine-tune';
import { fixedBatch } from '../training/network-batch';
import { heldOutCount } from '../training/run-training';
import type { TrainingParams } from './training-params';

export interface TrainingPlan {
  /** The float network. */
  teacher: Graph;
  images: TrainingImages;
  /** Without decay of weights and without features, which techniques add. */
  options: FineTuneOptions;
  /** "the float network and labels", for notes. */
  taughtBy: string;
}

/** How a network is trained as its parameters say. Throws `technique.failed` where there are fewer images than the batch that a network fixes. */
export async function trainingPlan(
  id: string,
  network: Graph,
  params: TrainingParams,
  context: TechniqueContext,
): Promise<TrainingPlan> {
  const teacher = simplify(await plainGraph(await context.reference(), id, context.card.name));
  const images = context.images('train');
  const batch = fixedBatch(network) ?? Math.min(params.batch, images.count);
  if (images.count === 0) throw noImages(id);
  if (images.count < batch) {
    const detail = `the network takes ${batch} images at once, and there are ${images.count} to train on`;
    throw new AppError('technique.failed', { id, detail });
  }
  const trained = images.count - heldOutCount(images.count, batch);
  const iterations = params.iterations || Math.max(1, Math.ceil((params.epochs * trained) / batch));
  const labelShare = images.isLabelled ? params.labels : 0;
  const { learningRate, temperature, mixup } = params;
  const augmentation = augmentations[params.augmentation];
  const options = { augmentation, mixup, batch, iterations, learningRate, temperature, labelShare };
  return {
    teacher,
    images,
    options: { ...options, optimizer: adamW(), weightDecay: 0, featureWeight: 0 },
    taughtBy:
      labelShare === 0 ? 'the float network alone' : labelShare < 1 ? 'the float network and labels' : 'labels alone',
  };
}
