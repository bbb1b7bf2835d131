import type { Augmentation } from '@shared/augmentation';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { withBatchStatistics } from '../gradients/batch-statistics';
import { withNormsInWeights } from '../gradients/norms-in-weights';
import type { Optimizer } from '../gradients/optimizers';
import { FreshNames } from '../onnx/fresh-names';
import type { Graph } from '../onnx/graph';
import { orRefusal } from './fine-tune';
import { feeder, lessonOf, type LessonOptions } from './lesson';
import { withBatch } from './network-batch';
import { runTraining, type Judgement } from './run-training';
import { cosine, withWarmUp } from './schedule';
import { stepGraph, type ParameterGroup } from './step-graph';
import { Teacher } from './teacher';
import { trainableParameters } from './trainable';
import { plainForm } from './trained-form';
import { TrainingSession } from './training-session';

export interface ScratchOptions extends LessonOptions {
  augmentation: Augmentation;
  iterations: number;
  /** The highest that the learning rate gets, after a warm-up; it falls along half a cosine. */
  learningRate: number;
  weightDecay: number;
  optimizer: Optimizer;
  /** What batch norms take: the statistics of each batch, while running ones are gathered, or those of the file. */
  statistics: 'batch' | 'running';
  /** Most that the norm of all gradients together may be. */
  largestNorm: number;
  /** Between two checkpoints. */
  checkpointMs?: number;
}

/** Share of the steps in which the learning rate rises. */
const warmUp = 0.1;

/**
 * Trains all weights of a network, by labels and by a teacher where there is one, and gives what came of it: there was nothing before that
 * could be worse. Batch norms stay as nodes, with what they learned and gathered.
 * @param student with plain weights as they begin (`initialized`)
 * Throws `technique.not-applicable` for an operator without a gradient, `technique.failed` where the loss is no longer a number, `cancelled`.
 */
export async function trainFromScratch(
  id: string,
  student: Graph,
  teacher: Graph | undefined,
  images: TrainingImages,
  options: ScratchOptions,
  context: Pick<
    TechniqueContext,
    'card' | 'seed' | 'threads' | 'progress' | 'signal' | 'stop' | 'checkpoint' | 'trained'
  >,
): Promise<{ graph: Graph; judgement: Judgement }> {
  const { batch, iterations, learningRate, weightDecay, optimizer, largestNorm } = options;
  const model = context.card.name;
  const [own, float] = [withBatch(student, batch), teacher && withBatch(teacher, batch)];
  const lesson = lessonOf(id, model, own, float, options);
  // What folding made anew for this batch could not be put back.
  const parameters = new Map<string, ParameterGroup>(
    [...trainableParameters(own, weightDecay)].filter(([name]) => student.initializers.has(name)),
  );
  const adaptor = new FreshNames(own).like('adaptor');
  if (lesson.adaptor) {
    own.initializers.set(adaptor, lesson.adaptor);
    parameters.set(adaptor, { weightDecay });
  }
  const { graph: learning, running } =
    options.statistics === 'batch'
      ? withBatchStatistics(own)
      : { graph: withNormsInWeights(own), running: new Map<string, string>() };
  const step = orRefusal(id, model, () =>
    stepGraph(learning, {
      // Judged as it will answer: with the statistics that it gathered.
      ...{ parameters, optimizer, largestNorm, replaced: running, judged: own },
      objective: (write) => lesson.objective(write, adaptor),
    }),
  );
  const guide = float && lesson.asked.length > 0 ? await Teacher.open(float, lesson.asked, context.threads) : undefined;
  try {
    const session = await TrainingSession.open(step, own.initializers, context.threads);
    try {
      const schedule = withWarmUp(cosine, warmUp);
      const { augmentation, mixup, checkpointMs } = options;
      const judgement = await runTraining(
        {
          ...{ id, session, images, augmentation, mixup, batch, iterations, checkpointMs, keepFrom: 0 },
          rateAt: (at) => learningRate * schedule(at, iterations),
          feedsOf: feeder(own.inputs[0]!.name, lesson, guide),
        },
        context,
      );
      context.trained?.(judgement.record);
      return { graph: plainForm(weightDecay).finish(student, session.parameters()), judgement };
    } finally {
      await session.close();
    }
  } finally {
    await guide?.close();
  }
}
