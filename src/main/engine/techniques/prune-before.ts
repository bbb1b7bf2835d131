import { z } from 'zod';
import { plainGraph } from '../compression/layers/plain-graph';
import { masksAt } from '../compression/pruning/gradual-masks';
import type { Tensor } from '../onnx/graph';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { connectionSensitivity } from '../training/connection-sensitivity';
import { fineTune } from '../training/fine-tune';
import { trainingNotes } from '../training/training-notes';
import { prunesWeights } from './handling';
import { goalOf, maskParams, scoredBy, withMasks } from './magnitude-masks';
import { prunableLayers, prunedAtOnce, storePruned } from './pruned-weights';
import { defineTechnique } from './technique';
import { trainingParams } from './training-params';
import { trainingPlan } from './training-plan';

const id = 'prune.before';

/** Training images on which weights are rated. */
const ratedImages = 256;

export const pruneBefore = defineTechnique({
  id,
  title: 'Pruning before training',
  summary:
    'Sets weights to zero at the start, those that the loss on training images would miss least, and then trains the others to answer as the float network does.',
  family: 'pruning',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 2,
  usesReference: true,
  params: z.strictObject({
    criterion: z
      .enum(['snip', 'magnitude'])
      .default('snip')
      .describe(
        'What ranks the weights: |gradient x weight| on training images (SNIP; the classes are those of the float network where images have no labels), or magnitude',
      ),
    ...maskParams,
    ...trainingParams({ epochs: 8, learningRate: 5e-5 }),
  }),
  handling: () => prunesWeights,
  compensates: true,
  async apply(graph, params, context) {
    const whole = simplify(await plainGraph(graph, id, context.card.name));
    const layers = prunableLayers(whole, params, id, context);
    const goal = goalOf(layers, params);
    const { teacher, images, options, taughtBy } = await trainingPlan(id, whole, params, context);
    let scores = new Map<string, Tensor>();
    if (params.criterion === 'snip') {
      const names = layers.map(({ weightName }) => weightName);
      const order = { ...options, names, batches: Math.ceil(ratedImages / options.batch) };
      scores = await connectionSensitivity(id, whole, teacher, images, order, context);
    }
    const scored = scoredBy(layers, goal, ({ weightName, weight }) => scores.get(weightName) ?? weight);
    const atOnce = withMasks(whole, layers, masksAt(scored, goal));
    const { graph: pruned, judgement } = await fineTune(id, atOnce, teacher, images, options, context);
    for (const sentence of trainingNotes(judgement, taughtBy, prunedAtOnce)) context.note(sentence);
    const result = removeDead(pruned);
    storePruned(result, context);
    return result;
  },
});
