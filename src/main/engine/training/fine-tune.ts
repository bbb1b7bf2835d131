import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext, TrainingBatch, TrainingImages } from '../compression/calibration/technique-context';
import type { GradientWriter } from '../gradients/gradient-writer';
import { agreementOf, crossEntropy, featureDistance, softTargets, weightedSum } from '../gradients/losses';
import { NoGradient } from '../gradients/no-gradient';
import { averaging, type Optimizer } from '../gradients/optimizers';
import { elementCount, type Graph, type GraphValue } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { inferShapes } from '../onnx/shapes';
import { featuresOf, logitsOf } from './logits';
import { withBatch } from './network-batch';
import { heldOutCount, runTraining, type Judgement } from './run-training';
import { constant, cosine, withWarmUp } from './schedule';
import { stepGraph, type Objective, type StepGraph } from './step-graph';
import { Teacher } from './teacher';
import { plainForm, type TrainedForm } from './trained-form';
import { TrainingSession } from './training-session';

export interface FineTuneOptions {
  /** How images vary from epoch to epoch. */
  augmentation: Augmentation;
  batch: number;
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
  temperature: number;
  /** Share of the loss that true classes have; the rest have the teacher's answers. */
  labelShare: number;
  /** Weight of the distance from the teacher's features; 0: none. */
  featureWeight: number;
  /** Between two checkpoints. */
  checkpointMs: number;
}

export interface FineTuned {
  graph: Graph;
  judgement: Judgement;
}

/** Share of the steps in which the learning rate rises. */
const warmUp = 0.05;

/** In the first steps after hard pruning, when it is largest, it was 30 to 180: only a batch that is far off is held back. */
const usualLargestNorm = 1000;

/** Values of the two networks that the loss compares. */
interface Matched {
  student: string;
  teacher: string;
  shape: number[];
}

const matched = (student: Graph, teacher: Graph, find: (graph: Graph) => string | undefined): Matched | undefined => {
  const [ours, theirs] = [find(student), find(teacher)];
  const [shape, other] = [ours && shapeIn(student, ours), theirs && shapeIn(teacher, theirs)];
  if (!ours || !theirs || !shape || !other || elementCount(shape) !== elementCount(other)) return undefined;
  return { student: ours, teacher: theirs, shape };
};

function shapeIn(graph: Graph, value: string): number[] | undefined {
  const shape = inferShapes(graph).get(value)?.shape;
  return shape?.every((size) => typeof size === 'number') ? shape : undefined;
}

const [scoresInput, featuresInput, labelsInput] = ['teacher.scores', 'teacher.features', 'image.labels'] as const;

/** The loss of fine-tuning, behind a network. */
function objectiveOf(
  scores: Matched,
  features: Matched | undefined,
  { batch, temperature, labelShare, featureWeight }: FineTuneOptions,
) {
  return (write: GradientWriter): Objective => {
    const classes = elementCount(scores.shape) / batch;
    const logits = write.reshape(scores.student, [batch, classes]);
    const inputs: GraphValue[] = [makeValue(scoresInput, 'float32', [batch, classes])];
    const losses: { loss: string; weight: number }[] = [];
    if (labelShare < 1)
      losses.push({ loss: softTargets(write, logits, scoresInput, batch, temperature), weight: 1 - labelShare });
    if (labelShare > 0) {
      inputs.push(makeValue(labelsInput, 'int32', [batch]));
      losses.push({ loss: crossEntropy(write, logits, labelsInput, [batch, classes]), weight: labelShare });
    }
    if (features) {
      inputs.push(makeValue(featuresInput, 'float32', features.shape));
      losses.push({ loss: featureDistance(write, features.student, featuresInput), weight: featureWeight });
    }
    const agreement = agreementOf(write, logits, scoresInput, batch);
    return { loss: weightedSum(write, losses), inputs, agreement };
  };
}

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
    'card' | 'seed' | 'threads' | 'progress' | 'note' | 'signal' | 'checkpoint' | 'trained'
  >,
): Promise<FineTuned> {
  const { batch, iterations, patience, keepFrom, learningRate, featureWeight, weightDecay } = options;
  const [own, float] = [withBatch(student, batch), withBatch(teacher, batch)];
  const scores = matched(own, float, logitsOf);
  if (!scores || elementCount(scores.shape) < 2 * batch) {
    const detail = scores
      ? 'it gives one number an image, not a score for each class'
      : 'its answers have not the shape of those of the float network';
    throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
  }
  const features = featureWeight > 0 ? matched(own, float, featuresOf) : undefined;
  if (featureWeight > 0 && !features)
    context.note(
      'The features before the classifier have another shape than in the float network: they were not compared.',
    );
  const schedule = withWarmUp(patience === undefined ? cosine : constant, warmUp);
  const rateAt = (step: number): number => learningRate * schedule(step, iterations);
  const form = options.form ?? plainForm(weightDecay);
  const { graph: formed, parameters: all, settings, replaced, estimated } = form.of(own);
  // What folding made anew for this batch could not be put back.
  const isFolded = (name: string): boolean => own.initializers.has(name) && !student.initializers.has(name);
  const parameters = new Map([...all].filter(([name]) => !isFolded(name)));
  const objective = objectiveOf(scores, features, options);
  const { averages = true, largestNorm = usualLargestNorm } = options;
  const stepsOfEpoch = Math.max(1, Math.floor((images.count - heldOutCount(images.count, batch)) / batch));
  const optimizer = averages ? averaging(options.optimizer, stepsOfEpoch) : options.optimizer;
  const order = { parameters, settings, replaced, estimated, optimizer, objective, largestNorm };
  const step = orRefusal(id, context.card.name, () => stepGraph(formed, order));
  const asked = [scores.teacher, ...(features ? [features.teacher] : [])];
  const guide = await Teacher.open(float, [...new Set(asked)], context.threads);
  try {
    const session = await TrainingSession.open(step, formed.initializers, context.threads);
    try {
      const feedsOf = feeder(own.inputs[0]!.name, step, guide, scores, features);
      const { augmentation, checkpointMs, beforeStep, beforeJudging } = options;
      const course = { batch, iterations, patience, keepFrom, rateAt, checkpointMs, beforeStep, beforeJudging };
      const judgement = await runTraining({ id, session, images, augmentation, feedsOf, ...course }, context);
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

type Feeds = (batch: TrainingBatch) => Promise<Record<string, RuntimeTensor>>;

/** What goes into a step with a batch: images, and what the loss asks for. */
function feeder(input: string, { graph }: StepGraph, guide: Teacher, scores: Matched, features?: Matched): Feeds {
  const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape as number[]]));
  return async (batch) => {
    const { pixels, shape, labels } = batch;
    const answers = await guide.answer(batch);
    const feeds: Record<string, RuntimeTensor> = { [input]: { type: 'float32', shape, data: pixels } };
    const give = (name: string, value: RuntimeTensor | undefined): void => {
      const wanted = shapes.get(name);
      if (wanted && value) feeds[name] = { ...value, shape: wanted };
    };
    give(scoresInput, answers[scores.teacher]);
    give(featuresInput, features && answers[features.teacher]);
    if (labels) give(labelsInput, { type: 'int32', shape: [labels.length], data: labels });
    return feeds;
  };
}
