import { z } from 'zod';
import { AppError } from '@shared/errors';
import { plainGraph } from '../compression/layers/plain-graph';
import { readCodes } from '../compression/storage/read-codes';
import { sgd } from '../gradients/optimizers';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { codedForm } from '../training/coded-form';
import { fineTune, type FineTuneOptions } from '../training/fine-tune';
import { fewestToHoldOut, heldOutCount } from '../training/run-training';
import { plainForm } from '../training/trained-form';
import { trainingNotes } from '../training/training-notes';
import { trainsWeights } from './handling';
import { defineTechnique } from './technique';
import { blocksParam, featuresParam, trainingParams, usualBlocks } from './training-params';
import { trainingPlan } from './training-plan';

const id = 'finetune';

const usual = trainingParams({ epochs: 4, learningRate: 1e-4 });

/** As most recipes for convolutional networks have them. */
const momentum = 0.9;
/** Epochs without gain after which `until: no gain` ends, and how many times its epochs it lasts at most. */
const [patience, mostTimes] = [3, 10];

export const finetune = defineTechnique({
  id,
  title: 'Fine-tuning',
  summary:
    'After a step that changed the weights: trains them to answer as the float network does, and as the labels say where images have any. Zeros of pruned weights stay zeros; weights in few bits keep their codes and learn what these stand for.',
  family: 'distillation',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 5,
  usesReference: true,
  endsByHand: true,
  search: { place: 'training', params: { epochs: { ordered: [4, 10] } } },
  params: z.strictObject({
    ...usual,
    until: z
      .enum(['epochs', 'no gain'])
      .default('epochs')
      .describe(
        'When it ends: after the epochs, along which the learning rate falls, or when three epochs in a row brought no gain on held-out images, at most ten times the epochs',
      ),
    optimizer: z
      .enum(['adamw', 'sgd'])
      .default('adamw')
      .describe(
        'AdamW, whose steps do not depend on the scale of the gradients, or gradient descent with Nesterov momentum 0.9',
      ),
    learningRate: usual.learningRate.describe(
      'The highest learning rate, which falls along half a cosine; large networks want less, ResNet50 about 0.00003, and so do weights in few bits; for gradient descent about 0.001',
    ),
    weightDecay: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'Decay of the weights of layers in a step, as a multiple of the learning rate; short trainings need none',
      ),
    features: featuresParam,
    blocks: blocksParam(usualBlocks),
  }),
  handling: () => trainsWeights,
  compensates: true,
  async apply(graph, params, context) {
    const model = context.card.name;
    const student = simplify(await plainGraph(graph, id, model));
    const { teacher, images, options, taughtBy } = await trainingPlan(id, student, params, context);
    const endsEarly = params.until === 'no gain';
    if (endsEarly && heldOutCount(images.count, options.batch) === 0)
      throw noJudges(model, images.count, options.batch);
    const { weightDecay, features, blocks } = params;
    const codes = [...(await readCodes(graph))].map(([weight, coded]) => [weight, { coded }] as const);
    const isPlain = params.optimizer === 'sgd';
    const own: Partial<FineTuneOptions> = {
      ...(isPlain && { optimizer: sgd({ momentum, nesterov: true }) }),
      ...(endsEarly && { patience, iterations: mostTimes * options.iterations }),
      ...{
        featureWeight: features,
        blockWeight: blocks,
        form: codedForm(new Map(codes), plainForm(weightDecay, !isPlain)),
      },
    };
    const tuned = await fineTune(id, student, teacher, images, { ...options, ...own }, context);
    for (const sentence of trainingNotes(tuned.judgement, taughtBy)) context.note(sentence);
    return removeDead(tuned.graph);
  },
});

function noJudges(model: string, count: number, batch: number): AppError {
  const detail = `none of ${count} training images can be held out to tell whether there is a gain; give at least ${fewestToHoldOut(batch)} images or a smaller batch`;
  return new AppError('technique.not-applicable', { id, model, detail });
}
