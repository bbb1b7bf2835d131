import { z } from 'zod';
import { stoppedText } from '@shared/presenter/stopped-training';
import { noImages } from '../compression/calibration/calibration-run';
import { plainGraph } from '../compression/layers/plain-graph';
import { thinNetwork } from '../compression/pruning/thin-network';
import { recountParameters } from '../compression/storage/provenance';
import { countParams } from '../onnx/count';
import { foldBatchNorm } from '../onnx/fold-batch-norm';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { trainFromScratch } from '../training/from-scratch';
import { initialized } from '../training/initialize';
import { withNorms } from '../training/insert-norms';
import { defineTechnique } from './technique';
import { variationParams } from './training-params';
import { trainingPlan } from './training-plan';

const id = 'distill';

/** As kernels like it, and as the width multipliers of the literature have it. */
const roundTo = 8;
const [weightDecay, largestNorm] = [0.02, 2];

export const distill = defineTechnique({
  id,
  title: 'Distillation',
  summary:
    'Trains a thinner network of the same architecture from random weights: the float network teaches it what it answers and what it sees, and labels do where images have any.',
  family: 'distillation',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 3,
  usesReference: true,
  endsByHand: true,
  startsAnew: true,
  params: z.strictObject({
    width: z
      .number()
      .min(0.1)
      .max(1)
      .default(0.5)
      .describe('Channels of the student, as a fraction, in multiples of 8; parameters fall with its square'),
    epochs: z.number().min(0.01).max(10_000).default(100).describe('Times that every training image is seen'),
    batch: z.number().int().min(2).max(1024).default(32).describe('Images a step, whose statistics norms take'),
    ...variationParams({ augmentation: 'strong' }),
    learningRate: z
      .number()
      .positive()
      .max(10)
      .default(3e-3)
      .describe('Of AdamW, the highest that it gets; it falls along half a cosine'),
    temperature: z
      .number()
      .min(0.1)
      .max(100)
      .default(4)
      .describe('Of the answers of the float network: the higher, the more the less likely classes count'),
    labels: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('Share of the loss that true classes have, the rest having the teacher; 1: no teacher'),
    features: z
      .number()
      .min(0)
      .max(1000)
      .default(1)
      .describe('Weight of the distance from the features that the teacher has before its classifier; 0: none'),
  }),
  handling: () => ({
    takes: { weights: ['float', 'sparse'], activations: ['float'] },
    leaves: { weights: 'float', work: 'less' },
  }),
  async apply(graph, params, context) {
    const model = context.card.name;
    const whole = removeDead(simplify(await plainGraph(graph, id, model)));
    const student = initialized(withNorms(thinNetwork(whole, params.width, roundTo)), `${context.seed} ${id}`);
    const { teacher, images, options } = await trainingPlan(id, student, { ...params, iterations: 0 }, context);
    // A batch of one has no statistics.
    if (images.count < 2) throw noImages(id);
    const { batch, labelShare } = options;
    const isTaught = labelShare < 1;
    const own = { weightDecay, largestNorm, featureWeight: isTaught ? params.features : 0, mapsFeatures: true };
    const course = { ...options, ...own, statistics: 'batch' } as const;
    const taught = await trainFromScratch(id, student, isTaught ? teacher : undefined, images, course, context);
    const result = removeDead(foldBatchNorm(taught.graph));
    recountParameters(result);
    const source = [...(isTaught ? ['the float network'] : []), ...(labelShare > 0 ? ['labels'] : [])].join(' and ');
    const share = Math.round((100 * countParams(result).params) / countParams(whole).params);
    const { after, images: judges, record } = taught.judgement;
    const stopped = stoppedText(record);
    context.note(
      `A student with ${share} % of the parameters learned from ${source} in ${record.steps} steps of ${batch} images, from random weights.${stopped === undefined ? '' : ` It was ${stopped}.`}`,
    );
    if (after !== undefined)
      context.note(`Loss on ${judges} images that were not trained on: ${after.toPrecision(3)} in the end.`);
    return result;
  },
});
