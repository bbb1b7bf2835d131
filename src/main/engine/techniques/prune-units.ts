import { z } from 'zod';
import { AppError } from '@shared/errors';
import { hiddenLayers, unitSaliencies, unitsToKeep, unitsToRemove } from '../compression/pruning/hidden-units';
import { plainGraph } from '../compression/layers/plain-graph';
import { recountParameters } from '../compression/storage/provenance';
import { refitNetwork, refitNote } from '../compression/reconstruction/refit-network';
import { findChannelGroups } from '../onnx/channel-groups';
import { composeRemoval, removeChannels } from '../onnx/remove-channels';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { takesLayersAway } from './handling';
import { tookTooMuch } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'prune.units';

export const pruneUnits = defineTechnique({
  id,
  title: 'Unit pruning',
  summary:
    'Removes hidden units between fully connected layers, those that matter least to the layer that reads them, and refits that layer: fewer weights and operations.',
  family: 'pruning',
  needs: ['calibration'],
  version: 5,
  search: { place: 'structure', params: { keep: { ordered: [0.5, 0.7, 0.85] } } },
  params: z.strictObject({
    keep: z.number().min(0.01).max(1).default(0.5).describe('Fraction of the units of each hidden layer that stays'),
    refit: z
      .boolean()
      .default(true)
      .describe('The layer that reads the units makes up for those removed, by least squares on calibration images'),
    steps: z
      .number()
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe('Rate, remove and refit in this many rounds of equal shares'),
    images: z.number().int().min(1).max(100_000).default(256).describe('Calibration images to look at'),
  }),
  handling: () => takesLayersAway,
  explainCollapse: () => [tookTooMuch(id)],
  async apply(graph, { keep, refit, steps, images }, context) {
    const whole = removeDead(simplify(await plainGraph(graph, id, context.card.name)));
    const groups = findChannelGroups(whole);
    const layers = hiddenLayers(groups);
    if (layers.length === 0) {
      const detail =
        'it has no hidden units that may go: no two fully connected layers of vectors [N, features] stand one after the other';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const options = { id, context, images, keptWeights: new Set<string>() };
    let removed: ReadonlySet<number> = new Set<number>();
    let result = whole;
    let ofRefit: string | undefined;
    for (let step = 1; step <= steps; step++) {
      const current = findChannelGroups(result);
      const hidden = hiddenLayers(current);
      const saliencies = await unitSaliencies(result, hidden, images, { id, context });
      const share = 1 - ((1 - keep) * step) / steps;
      const keptOf = new Map(layers.map(({ node, units }) => [node.outputs[0]!, unitsToKeep(units.length, share)]));
      const gone = unitsToRemove(hidden, saliencies, ({ node }) => keptOf.get(node.outputs[0]!)!);
      removed = composeRemoval(groups, removed, current, gone);
      const smaller = removeChannels(whole, groups, removed);
      const isChanged = refit && removed.size > 0;
      const refitted = isChanged ? await refitNetwork(smaller, whole, groups, removed, options) : undefined;
      result = refitted?.graph ?? smaller;
      ofRefit = refitted && refitNote(refitted);
    }
    result = removeDead(result);
    recountParameters(result);
    const shown = layers.map(({ node, units }) => {
      const left = units.filter((unit) => !removed.has(unit)).length;
      return `${node.name || node.outputs[0]} ${left} of ${units.length}`;
    });
    context.note(`Units left: ${shown.join(', ')}.`);
    if (ofRefit) context.note(ofRefit);
    return result;
  },
});
