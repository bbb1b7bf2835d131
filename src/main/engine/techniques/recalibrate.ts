import { z } from 'zod';
import { AppError } from '@shared/errors';
import { matchLayers, sitesWithNorms } from '../compression/calibration/layer-matching';
import { plainGraph } from '../compression/layers/plain-graph';
import { recalibrateLayers } from '../compression/calibration/recalibration';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { remakesWeights } from './handling';
import { defineTechnique } from './technique';

const id = 'recalibrate';

export const recalibrate = defineTechnique({
  id,
  title: 'Recalibration',
  summary:
    'After a step that changed the weights: gives every channel, behind a layer or a batch norm, the mean and spread it had in the float network on the same images.',
  family: 'pruning',
  needs: ['calibration'],
  version: 3,
  usesReference: true,
  params: z.strictObject({
    scales: z.boolean().default(true).describe('Bring back the spread of each channel too, not only its mean'),
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
    // Batch norms are folded where they can be: the same channels in either form of the network.
    const float = simplify(await plainGraph(await context.reference(), id, model));
    const start = simplify(await plainGraph(graph, id, model));
    const pairsOf = (changed: typeof start) => matchLayers(float, changed, sitesWithNorms);
    if (pairsOf(start).length === 0) {
      const detail = 'it has no layer and no batch norm whose name the float network knows';
      throw new AppError('technique.not-applicable', { id, model, detail });
    }
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
