import { z } from 'zod';
import { AppError } from '@shared/errors';
import { removeBlocks } from '../compression/pruning/block-removal';
import { plainGraph } from '../compression/layers/plain-graph';
import { recountParameters } from '../compression/storage/provenance';
import { countMacs } from '../onnx/count';
import { removeIdentities } from '../onnx/remove-identities';
import { residualBlocks } from '../onnx/residual-blocks';
import { simplify } from '../onnx/simplify';
import { takesLayersAway } from './handling';
import { tookTooMuch } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'prune.layers';

export const pruneLayers = defineTechnique({
  id,
  title: 'Layer pruning',
  summary:
    'Removes whole residual blocks, those whose absence changes the answers least, and refits the layer before each: fewer layers, less time.',
  family: 'pruning',
  needs: ['calibration'],
  dependsOnFor: ({ latency }) => (latency < 1 ? ['machine', 'runtime'] : []),
  version: 4,
  search: { place: 'structure', params: { count: { ordered: [1, 2] } } },
  params: z.strictObject({
    count: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Residual blocks to remove; does not count where latency is below 1'),
    latency: z
      .number()
      .min(0.1)
      .max(1)
      .default(1)
      .describe(
        'Latency of the layers to keep, as a fraction, measured on this machine: blocks go one by one, least loss for measured milliseconds first, until no more than this is left',
      ),
    steps: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(100)
      .describe(
        'Blocks go in so many rounds, weighed anew before each; no fewer than blocks: one by one, as always where latency is below 1',
      ),
    refit: z
      .boolean()
      .default(true)
      .describe('The layer before a removed block takes over what it can, by least squares on calibration images'),
    images: z.number().int().min(1).max(100_000).default(128).describe('Calibration images for the refit'),
  }),
  handling: () => takesLayersAway,
  explainCollapse: () => [tookTooMuch(id)],
  async apply(graph, { count, latency, steps, refit, images }, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const available = residualBlocks(plain).length;
    if (available === 0) {
      const detail = 'it has no residual blocks, that is, no layers whose result is added to what they read';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const isByTime = latency < 1;
    if (!isByTime && count > available) {
      const detail = `"count" is ${count}, but ${context.card.name} has ${available} residual blocks that can be removed`;
      throw new AppError('technique.params', { id, detail });
    }
    const wanted = isByTime ? { latency } : { count };
    const options = { steps, refit, images, id, context };
    const { graph: bypassed, removed, isShort } = await removeBlocks(plain, wanted, options);
    const result = removeIdentities(bypassed);
    recountParameters(result);
    const names = removed.map(({ name }) => name).join(', ');
    const percent = ((100 * countMacs(result)) / countMacs(plain)).toFixed(1);
    context.note(
      `Removed ${removed.length} of ${available} residual blocks: ${names}; ${percent} % of the MACs are left.`,
    );
    if (isShort)
      context.note(
        `All blocks are gone, and the layers still take more than ${Number((100 * latency).toFixed(2))} % of their time.`,
      );
    const alone = removed.filter(({ isRefitted }) => !isRefitted).length;
    if (refit && alone > 0)
      context.note(
        `${alone} of them were only removed: no convolution before them could be refitted, or its refit did not help on images held back.`,
      );
    return result;
  },
});
