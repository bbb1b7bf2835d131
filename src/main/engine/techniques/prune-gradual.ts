import { z } from 'zod';
import { plainGraph } from '../compression/layers/plain-graph';
import { cubicShare } from '../compression/pruning/gradual-masks';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { fineTune } from '../training/fine-tune';
import { maskedTraining, type MasksBefore } from '../training/masked-training';
import { isWorse } from '../training/run-training';
import { trainingNotes } from '../training/training-notes';
import { prunesWeights } from './handling';
import { goalOf, keptOf, magnitudeMasks, maskParams, withMasks } from './magnitude-masks';
import { prunableLayers, prunedAtOnce, storePruned } from './pruned-weights';
import { defineTechnique } from './technique';
import { trainingParams } from './training-params';
import { trainingPlan } from './training-plan';

const id = 'prune.gradual';

/** Times that masks are chosen anew, at most: each needs a look at all weights. */
const mostChanges = 100;

export const pruneGradual = defineTechnique({
  id,
  title: 'Gradual pruning',
  summary:
    'Sets more and more of the smallest weights to zero while the network is trained to answer as the float network does; a weight may come back until the amount is reached. The file is that of magnitude pruning.',
  family: 'pruning',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 2,
  usesReference: true,
  endsByHand: true,
  params: z.strictObject({
    ...maskParams,
    rise: z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe('Share of the steps in which the amount is reached, fast at first; the rest train what is left'),
    ...trainingParams({ epochs: 8, learningRate: 5e-5 }),
  }),
  handling: () => prunesWeights,
  compensates: true,
  async apply(graph, params, context) {
    const dense = simplify(await plainGraph(graph, id, context.card.name));
    const layers = prunableLayers(dense, params, id, context);
    const goal = goalOf(layers, params);
    const weights = new Map(layers.map(({ weightName, weight }) => [weightName, weight]));
    // What gradual pruning is judged against, and what it falls back to.
    const atOnce = withMasks(dense, layers, magnitudeMasks(layers, goal, weights));
    const { teacher, images, options, taughtBy } = await trainingPlan(id, dense, params, context);
    const last = Math.min(options.iterations - 1, Math.round(params.rise * options.iterations));
    const every = Math.max(1, Math.ceil(last / mostChanges));
    const masksBefore: MasksBefore = (step, weightsNow) => {
      if (step > last || (step < last && step % every !== 0)) return undefined;
      const masks = magnitudeMasks(layers, goal, weightsNow(), cubicShare(step, last));
      return new Map(layers.map((layer, at) => [layer.weightName, keptOf(layer, masks[at]!)]));
    };
    // Until the amount is reached, no weights are those that are asked for.
    const course = {
      ...maskedTraining(weights, 0, masksBefore),
      keepFrom: last + 1,
    };
    const tuned = await fineTune(id, atOnce, teacher, images, { ...options, ...course }, context);
    const result = removeDead(isWorse(tuned.judgement) ? atOnce : tuned.graph);
    for (const sentence of trainingNotes(tuned.judgement, taughtBy, prunedAtOnce)) context.note(sentence);
    const { record } = tuned.judgement;
    context.note(
      record.steps > last
        ? `The amount was reached after ${last} steps.`
        : `It was stopped before the amount was reached, which takes ${last + 1} steps, so ${prunedAtOnce}.`,
    );
    storePruned(result, context);
    return result;
  },
});
