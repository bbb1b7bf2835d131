import { augmentations } from '@shared/augmentation';
import { noImages } from '../compression/calibration/calibration-run';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { plainGraph } from '../compression/layers/plain-graph';
import { adamW } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { fineTune } from '../training/fine-tune';
import { fixedBatch } from '../training/network-batch';
import { heldOutCount } from '../training/run-training';
import type { TrainedForm } from '../training/trained-form';
import type { TrainingSession } from '../training/training-session';

/** As `trainingParams` has them. */
export interface TrainingChoice {
  epochs: number;
  iterations: number;
  augmentation: keyof typeof augmentations;
  batch: number;
  learningRate: number;
  temperature: number;
  labels: number;
}

/** What is trained, and what happens between steps. */
export interface Trained {
  /** Simplified, with plain weights. */
  student: Graph;
  form: TrainedForm;
  /** @param step from 0, of all `steps` */
  beforeStep?(step: number, steps: number, session: TrainingSession): void;
  beforeJudging?(session: TrainingSession): void;
}

const checkpointMs = 120_000;
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Trains a network in some form to answer as the float network does, and says in notes what was done and gained.
 * @returns the network in the form's end; undefined where it did not gain on images that were not trained on
 * Throws `technique.failed` where images fill no batch, and what `fineTune` throws.
 */
export async function trainNetwork(
  id: string,
  { student, form, beforeStep, beforeJudging }: Trained,
  choice: TrainingChoice,
  context: TechniqueContext,
): Promise<Graph | undefined> {
  const { epochs, learningRate, temperature } = choice;
  const teacher = simplify(await plainGraph(await context.reference(), id, context.card.name));
  const images = context.images('train');
  const batch = fixedBatch(student) ?? Math.min(choice.batch, images.count);
  if (images.count < Math.max(1, batch)) throw noImages(id);
  const trained = images.count - heldOutCount(images.count, batch);
  const iterations = choice.iterations || Math.max(1, Math.ceil((epochs * trained) / batch));
  const labelShare = images.isLabelled ? choice.labels : 0;
  const { graph, judgement } = await fineTune(
    id,
    student,
    teacher,
    images,
    {
      batch,
      iterations,
      learningRate,
      temperature,
      labelShare,
      optimizer: adamW(adam),
      weightDecay: 0,
      featureWeight: 0,
      augmentation: augmentations[choice.augmentation],
      checkpointMs,
      form,
      beforeStep: beforeStep && ((step, session) => beforeStep(step, iterations, session)),
      beforeJudging,
    },
    context,
  );
  const source = labelShare > 0 ? 'the float network and labels' : 'the float network alone';
  context.note(`Trained for ${iterations} steps of ${batch} images, by ${source}.`);
  const { before, after, images: judges } = judgement;
  const isKept = graph !== student;
  if (before !== undefined && after !== undefined) {
    const change = `${before.toPrecision(3)} before, ${after.toPrecision(3)} after`;
    const kept = isKept ? '' : '. It did not fall, so the network was left as it was before training';
    context.note(`Loss on ${judges} images that were not trained on: ${change}${kept}.`);
  }
  return isKept ? graph : undefined;
}
