import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { NoGradient } from '../gradients/no-gradient';
import { averaging, type Optimizer } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import { feeder, lessonOf, type LessonOptions } from './lesson';
import { withBatch } from './network-batch';
import { heldOutCount, runTraining, type Judgement } from './run-training';
import { constant, cosine, withWarmUp } from './schedule';
import { stepGraph } from './step-graph';
import { Teacher } from './teacher';
import { plainForm, type TrainedForm } from './trained-form';
import { TrainingSession } from './training-session';

export interface FineTuneOptions extends LessonOptions {
  /** How images vary from epoch to epoch. */
  augmentation: Augmentation;
  /** Steps, at most. */
  iterations: number;
  /** It ends after so many epochs in a row that brought no gain on held-out images; the learning rate then stays where it is. Absent: after all steps. */
  patience?: number;
  /** The first step whose weights may be kept, where those before are not yet of the form that is wanted; also the network as it was is none then. */
  keepFrom?: number;
  /** The highest that the learning rate gets, after a warm-up. */
  learningRate: number;
  weightDecay: number;
  optimizer: Optimizer;
  /** Most that the norm of all gradients together may be; the usual bound where absent. */
  largestNorm?: number;
  /** What is judged and kept is the mean of the parameters over about the last epoch; true where absent. */
  averages?: boolean;
  /** What is trained; weights as they are where absent. */
  form?: TrainedForm;
  /** Before each step, from 0: settings of the form may be written. */
  beforeStep?(step: number, session: TrainingSession): void;
  /** Before held-out images judge. */
  beforeJudging?(session: TrainingSession): void;
  /** Between two checkpoints. */
  checkpointMs?: number;
}

export interface FineTuned {
  graph: Graph;
  judgement: Judgement;
}

/** Share of the steps in which the learning rate rises. */
const warmUp = 0.05;

/** In the first steps after hard pruning, when it is largest, it was 30 to 180: only a batch that is far off is held back. */
const usualLargestNorm = 1000;

/**
 * Trains a network to answer as a teacher does (Hinton et al. 2015), and as the labels say where there are any: learning rate along a
 * cosine after a warm-up. Weights that are 0 stay 0, batch norms keep their statistics. Where held-out images tell that the network did
 * not gain, it comes back as it was.
 * @param student simplified, with plain weights
 * @param teacher the float network, simplified
 * Throws `technique.not-applicable` for an operator without a gradient, `technique.failed` where the loss is no longer a number, `cancelled`.
 */
export async function fineTune(
  id: string,
  student: Graph,
  teacher: Graph,
  images: TrainingImages,
  options: FineTuneOptions,
  context: Pick<
    TechniqueContext,
    'card' | 'seed' | 'threads' | 'progress' | 'note' | 'signal' | 'stop' | 'checkpoint' | 'trained'
  >,
): Promise<FineTuned> {
  const { batch, iterations, patience, keepFrom, learningRate, featureWeight, blockWeight = 0, weightDecay } = options;
  const [own, float] = [withBatch(student, batch), withBatch(teacher, batch)];
  const lesson = lessonOf(id, context.card.name, own, float, options);
  if (featureWeight > 0 && !lesson.comparesFeatures)
    context.note(
      'The features before the classifier are of another form than in the float network: they were not compared.',
    );
  if (blockWeight > 0 && lesson.comparedBlocks === 0)
    context.note(
      'No block gives a map of the same size as in the float network: maps behind blocks were not compared.',
    );
  const schedule = withWarmUp(patience === undefined ? cosine : constant, warmUp);
  const rateAt = (step: number): number => learningRate * schedule(step, iterations);
  const form = options.form ?? plainForm(weightDecay);
  const { graph: formed, parameters: all, settings, replaced, estimated } = form.of(own);
  // What folding made anew for this batch could not be put back.
  const isFolded = (name: string): boolean => own.initializers.has(name) && !student.initializers.has(name);
  const parameters = new Map([...all].filter(([name]) => !isFolded(name)));
  const { averages = true, largestNorm = usualLargestNorm } = options;
  const stepsOfEpoch = Math.max(1, Math.floor((images.count - heldOutCount(images.count, batch)) / batch));
  const optimizer = averages ? averaging(options.optimizer, stepsOfEpoch) : options.optimizer;
  const order = { parameters, settings, replaced, estimated, optimizer, largestNorm };
  const step = orRefusal(id, context.card.name, () =>
    stepGraph(formed, { ...order, objective: (write) => lesson.objective(write) }),
  );
  const guide = await Teacher.open(float, lesson.asked, context.threads);
  try {
    const session = await TrainingSession.open(step, formed.initializers, context.threads);
    try {
      const feedsOf = feeder(own.inputs[0]!.name, lesson, guide);
      const { augmentation, mixup, checkpointMs, beforeStep, beforeJudging } = options;
      const course = { batch, iterations, patience, keepFrom, rateAt, checkpointMs, beforeStep, beforeJudging };
      const judgement = await runTraining({ id, session, images, augmentation, mixup, feedsOf, ...course }, context);
      context.trained?.(judgement.record);
      const isKept = judgement.record.keptStep > 0;
      return { graph: isKept ? form.finish(student, session.parameters()) : student, judgement };
    } finally {
      await session.close();
    }
  } finally {
    await guide.close();
  }
}

/** What `make` gives, or what a technique says of a network that cannot be trained. Throws `technique.not-applicable`. */
export function orRefusal<T>(id: string, model: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof NoGradient)) throw thrown;
    throw new AppError('technique.not-applicable', { id, model, detail: thrown.message });
  }
}
