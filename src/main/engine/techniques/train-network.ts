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
import { trainingNotes } from '../training/training-notes';
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
  /** Whether the mean over steps is taken; not where numbers mean something else from step to step. */
  averages: boolean;
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
  { student, form, averages, beforeStep, beforeJudging }: Trained,
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
      averages,
      beforeStep: beforeStep && ((step, session) => beforeStep(step, iterations, session)),
      beforeJudging,
    },
    context,
  );
  for (const sentence of trainingNotes(judgement, labelShare > 0)) context.note(sentence);
  return judgement.record.keptStep > 0 ? graph : undefined;
}
