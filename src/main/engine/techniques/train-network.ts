import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { Graph } from '../onnx/graph';
import { fineTune, type FineTuneOptions } from '../training/fine-tune';
import type { TrainedForm } from '../training/trained-form';
import { trainingNotes } from '../training/training-notes';
import type { TrainingSession } from '../training/training-session';
import type { TrainingParams } from './training-params';
import { trainingPlan } from './training-plan';

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
  /** What there is where training gained nothing. */
  asItWas: string;
}

/**
 * Trains a network in some form to answer as the float network does, and says in notes what was done and gained.
 * @returns the network in the form's end; undefined where it did not gain on images that were not trained on
 * Throws `technique.failed` where images fill no batch, and what `fineTune` throws.
 */
export async function trainNetwork(
  id: string,
  { student, form, averages, beforeStep, beforeJudging, asItWas }: Trained,
  choice: TrainingParams,
  context: TechniqueContext,
): Promise<Graph | undefined> {
  const { teacher, images, options, taughtBy } = await trainingPlan(id, student, choice, context);
  const own: Partial<FineTuneOptions> = {
    ...{ form, averages, beforeJudging },
    beforeStep: beforeStep && ((step, session) => beforeStep(step, options.iterations, session)),
  };
  const { graph, judgement } = await fineTune(id, student, teacher, images, { ...options, ...own }, context);
  for (const sentence of trainingNotes(judgement, taughtBy, asItWas)) context.note(sentence);
  return judgement.record.keptStep > 0 ? graph : undefined;
}
