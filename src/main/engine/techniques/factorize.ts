import { z } from 'zod';
import { AppError } from '@shared/errors';
import { factorizeLayers, type FactorizationOptions } from '../compression/factorization/factorize-layers';
import { nodesNamed } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { recountParameters } from '../compression/storage/provenance';
import { weightLayers } from '../compression/layers/weight-layers';
import { intAttribute } from '../onnx/attributes';
import { countMacs } from '../onnx/count';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { tookTooMuch } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'factorize';
const shownSplits = 12;
const usualMacs = 0.75;

export const factorize = defineTechnique({
  id,
  title: 'Low-rank factorization',
  summary:
    'Splits layers into two smaller ones of low rank where that saves operations: fewer MACs and bytes. Ranks and factors keep the output of each layer on calibration images.',
  family: 'pruning',
  needs: ['calibration'],
  version: 4,
  search: { place: 'structure', params: { macs: { ordered: [0.7, 0.8, 0.85, 0.9, 0.95] } } },
  params: z
    .strictObject({
      macs: z
        .number()
        .min(0.1)
        .max(1)
        .default(usualMacs)
        .describe('MACs of the network to keep, as a fraction; ranks go where they cost the answers least'),
      energy: z
        .number()
        .min(0.5)
        .max(1)
        .default(1)
        .describe('Instead of macs: the fraction of the energy of its output that each layer keeps; 1 is not used'),
      split: z
        .enum(['best', 'channel', 'spatial'])
        .default('best')
        .describe(
          'How a k x k convolution is split: into a thinner one and a 1x1, into k x 1 and 1 x k, or into whichever loses less. 1x1 convolutions and matrix products become two of their kind',
        ),
      roundTo: z.number().int().min(1).max(64).default(8).describe('Ranks are multiples of this, as kernels like them'),
      images: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(256)
        .describe('Calibration images that the factors are fitted to'),
      exclude: z.array(z.string()).default([]).describe('Layers that stay whole, by name; * stands for any characters'),
    })
    .refine(
      ({ macs, energy }) => energy === 1 || macs === usualMacs || macs === 1,
      'give either "macs" or "energy", not both',
    ),
  // The factors of pruned weights are dense.
  handling: () => ({ takes: { weights: ['float'], activations: ['float'] }, leaves: { work: 'less' } }),
  explainCollapse: () => [tookTooMuch(id)],
  async apply(graph, params, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const kept = nodesNamed(plain, params.exclude, id, 'exclude');
    const layers = weightLayers(plain).filter(
      ({ node }) => !kept.has(node) && (node.op !== 'Conv' || intAttribute(node, 'group', 1) === 1),
    );
    if (layers.length === 0) {
      const detail =
        'it has no convolution without groups and no matrix product with constant weights outside the excluded ones';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const budget: FactorizationOptions =
      params.energy < 1
        ? { ...params, budget: 'energy', keep: params.energy }
        : { ...params, budget: 'macs', keep: params.macs };
    const { graph: split, splits } = await factorizeLayers(plain, layers, budget, { id, context });
    const result = removeDead(split);
    recountParameters(result);
    const share = countMacs(result) / countMacs(plain);
    if (splits.length === 0) {
      context.note('No layer was split: at this budget a split would not save anything.');
      return result;
    }
    const percent = (share * 100).toFixed(1);
    const missed = budget.budget === 'macs' && share > budget.keep + 0.005 ? ', the least that ranks allow' : '';
    context.note(
      `${splits.length} of ${layers.length} layers were split in two; ${percent} % of the MACs are left${missed}.`,
    );
    const shown = splits
      .slice(0, shownSplits)
      .map(({ name, kind, rank, fullRank }) => `${name} ${kind} ${rank}/${fullRank}`);
    const more = splits.length > shownSplits ? `, and ${splits.length - shownSplits} more` : '';
    context.note(`Ranks: ${shown.join(', ')}${more}.`);
    return result;
  },
});
