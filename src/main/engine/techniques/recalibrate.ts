import { z } from 'zod';
import { AppError } from '@shared/errors';
import { matchLayers } from '../compression/calibration/layer-matching';
import { plainGraph } from '../compression/layers/plain-graph';
import { batchNorms, recalibrateLayers, recalibrateNorms } from '../compression/calibration/recalibration';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { remakesWeights } from './handling';
import { defineTechnique } from './technique';

const id = 'recalibrate';

export const recalibrate = defineTechnique({
  id,
  title: 'Recalibration',
  summary:
    'After a step that changed the structure: takes the statistics of batch norms anew or, where those are folded, gives every channel the mean and spread it had in the float network.',
  family: 'pruning',
  needs: ['calibration'],
  version: 2,
  usesReference: true,
  params: z.strictObject({
    scales: z
      .boolean()
      .default(true)
      .describe('Bring back the spread of each channel too, not only its mean; matters where batch norms are folded'),
    images: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(64)
      .describe('Calibration images over which statistics are taken; each layer needs a pass of its own'),
  }),
  handling: () => remakesWeights,
  async apply(graph, { scales, images }, context) {
    const model = context.card.name;
    const plain = await plainGraph(graph, id, model);
    const norms = batchNorms(plain).length;
    if (norms > 0) {
      const result = await recalibrateNorms(plain, { id, images, context });
      context.note(`The statistics of ${norms} batch norms were taken anew.`);
      return removeDead(result);
    }
    const float = simplify(await plainGraph(await context.reference(), id, model));
    const start = simplify(plain);
    if (matchLayers(float, start).length === 0) {
      const detail = 'it has neither batch norms nor a layer whose name the float network knows';
      throw new AppError('technique.not-applicable', { id, model, detail });
    }
    const pairsOf = (changed: typeof start) => matchLayers(float, changed);
    const options = { id, images, context };
    const { graph: result, done, skipped } = await recalibrateLayers(start, float, pairsOf, scales, options);
    context.note(`${done} layers have the means ${scales ? 'and spreads ' : ''}of the float network again.`);
    if (skipped > 0)
      context.note(
        `${skipped} layers were left: they have other channels than before, or no bias that can be changed.`,
      );
    return removeDead(result);
  },
});
