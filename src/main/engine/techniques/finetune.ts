import { z } from 'zod';
import { augmentations } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { noImages } from '../compression/calibration/calibration-run';
import { plainGraph } from '../compression/layers/plain-graph';
import { readCodes } from '../compression/storage/read-codes';
import { adamW, sgd } from '../gradients/optimizers';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { codedForm } from '../training/coded-form';
import { fineTune } from '../training/fine-tune';
import { fixedBatch } from '../training/network-batch';
import { heldOutCount } from '../training/run-training';
import { plainForm } from '../training/trained-form';
import { trainingNotes } from '../training/training-notes';
import { trainsWeights } from './handling';
import { defineTechnique } from './technique';

const id = 'finetune';

/** As most recipes for convolutional networks have them. */
const momentum = 0.9;
const checkpointMs = 120_000;
/** Epochs without gain after which `until: no gain` ends, and how many times its epochs it lasts at most. */
const [patience, mostTimes] = [3, 10];
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

export const finetune = defineTechnique({
  id,
  title: 'Fine-tuning',
  summary:
    'After a step that changed the weights: trains them to answer as the float network does, and as the labels say where images have any. Zeros of pruned weights stay zeros; weights in few bits keep their codes and learn what these stand for.',
  family: 'distillation',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 2,
  usesReference: true,
  search: { place: 'training', params: { epochs: { ordered: [4, 10] } } },
  params: z.strictObject({
    epochs: z.number().min(0.01).max(1000).default(4).describe('Times that every training image is seen'),
    until: z
      .enum(['epochs', 'no gain'])
      .default('epochs')
      .describe(
        'When it ends: after the epochs, along which the learning rate falls, or when three epochs in a row brought no gain on held-out images, at most ten times the epochs',
      ),
    iterations: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(0)
      .describe('Steps to train, in place of the epochs; 0: as many as those have'),
    augmentation: z
      .enum(['gentle', 'strong'])
      .default('gentle')
      .describe(
        'How an image varies from epoch to epoch: crops of at least half of it and their mirror images, or crops as for training from scratch',
      ),
    batch: z.number().int().min(1).max(1024).default(16).describe('Images a step; memory grows with it'),
    optimizer: z
      .enum(['adamw', 'sgd'])
      .default('adamw')
      .describe(
        'AdamW, whose steps do not depend on the scale of the gradients, or gradient descent with Nesterov momentum 0.9',
      ),
    learningRate: z
      .number()
      .positive()
      .max(10)
      .default(5e-5)
      .describe('The highest learning rate, which falls along half a cosine; for gradient descent about 0.001'),
    weightDecay: z.number().min(0).max(1).default(1e-4).describe('Decay of the weights of layers'),
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
    features: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe(
        'Weight of the distance from the features that the float network has before its classifier; 0: not compared',
      ),
  }),
  handling: () => trainsWeights,
  compensates: true,
  async apply(graph, params, context) {
    const model = context.card.name;
    const teacher = simplify(await plainGraph(await context.reference(), id, model));
    const student = simplify(await plainGraph(graph, id, model));
    const images = context.images('train');
    const batch = fixedBatch(student) ?? Math.min(params.batch, images.count);
    if (images.count < Math.max(1, batch)) throw noImages(id);
    const judges = heldOutCount(images.count, batch);
    const trained = images.count - judges;
    const endsEarly = params.until === 'no gain';
    if (endsEarly && judges === 0) throw noJudges(model, images.count, batch);
    const steps = params.iterations || Math.max(1, Math.ceil((params.epochs * trained) / batch));
    const iterations = endsEarly ? mostTimes * steps : steps;
    const labelShare = images.isLabelled ? params.labels : 0;
    const { optimizer: name, learningRate, weightDecay, temperature, features } = params;
    const optimizer = name === 'sgd' ? sgd({ momentum, nesterov: true }) : adamW(adam);
    const options = { batch, iterations, learningRate, weightDecay, optimizer, temperature, labelShare };
    const augmentation = augmentations[params.augmentation];
    const codes = [...(await readCodes(graph))].map(([weight, coded]) => [weight, { coded }] as const);
    const form = codedForm(new Map(codes), plainForm(weightDecay));
    const more = { featureWeight: features, augmentation, checkpointMs, form, ...(endsEarly && { patience }) };
    const tuned = await fineTune(id, student, teacher, images, { ...options, ...more }, context);
    for (const sentence of trainingNotes(tuned.judgement, labelShare > 0)) context.note(sentence);
    return removeDead(tuned.graph);
  },
});

/** One image of eight judges, in whole batches. */
function noJudges(model: string, count: number, batch: number): AppError {
  const detail = `none of ${count} training images can be held out to tell whether there is a gain; give at least ${8 * batch} images or a smaller batch`;
  return new AppError('technique.not-applicable', { id, model, detail });
}
