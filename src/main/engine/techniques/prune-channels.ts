import { AppError } from '@shared/errors';
import { z } from 'zod';
import { planRemoval, type Keep } from '../compression/pruning/channel-plan';
import { nodesNamed } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { refitNetwork, refitNote } from '../compression/reconstruction/refit-network';
import { recountParameters } from '../compression/storage/provenance';
import { sparseWeights } from '../compression/storage/sparse-weights';
import { findChannelGroups } from '../onnx/channel-groups';
import { countMacs } from '../onnx/count';
import { composeRemoval, removeChannels } from '../onnx/remove-channels';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { channelNotes } from '../compression/pruning/channel-notes';
import { takesLayersAway } from './handling';
import { tookTooMuch, type CollapseCause } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'prune.channels';
const usualMacs = 0.7;

const fraction = z.number().min(0.1).max(1);

export const pruneChannels = defineTechnique({
  id,
  title: 'Channel pruning',
  summary:
    'Removes whole channels, so that file, memory and time shrink on any runtime; the layers that read them are refitted on calibration images.',
  family: 'pruning',
  needs: ['calibration'],
  dependsOnFor: ({ latency, allocation }) => (latency < 1 || allocation === 'latency' ? ['machine', 'runtime'] : []),
  version: 6,
  search: {
    place: 'structure',
    params: { macs: { ordered: [0.7, 0.8, 0.85, 0.9, 0.95] }, allocation: { choices: ['global', 'latency'] } },
  },
  params: z
    .strictObject({
      macs: fraction
        .default(usualMacs)
        .describe('MACs to keep, as a fraction; does not count where params or latency is below 1'),
      params: fraction.default(1).describe('Parameters to keep, as a fraction, in place of MACs'),
      latency: fraction
        .default(1)
        .describe('Latency of the layers to keep, as a fraction, measured on this machine, in place of MACs'),
      importance: z
        .enum(['activation', 'l1', 'l2', 'geometric-median', 'random'])
        .default('activation')
        .describe(
          'What a channel is ranked by: the error of the layers that read it once they made up for it, the weights that make it, or chance',
        ),
      allocation: z
        .enum(['global', 'uniform', 'latency'])
        .default('global')
        .describe(
          'How layers share the loss: least loss for what is saved, the same fraction everywhere, or least loss for measured milliseconds',
        ),
      refit: z
        .boolean()
        .default(true)
        .describe('Least-squares refit of all layers behind removed channels, to what they gave before'),
      roundTo: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(8)
        .describe('Channels that stay are a multiple of this, as kernels like it'),
      protect: z
        .array(z.string())
        .default([])
        .describe('Layers whose outputs all stay, by name; * stands for any characters'),
      steps: z.number().int().min(1).max(10).default(1).describe('Rate, remove and refit in this many rounds'),
      images: z.number().int().min(1).max(100_000).default(256).describe('Calibration images to look at'),
    })
    .refine(({ params, latency }) => params === 1 || latency === 1, 'give either "params" or "latency", not both')
    .refine(
      ({ macs, params, latency }) => (params === 1 && latency === 1) || macs === usualMacs || macs === 1,
      'give only one of "macs", "params" and "latency"',
    ),
  handling: () => takesLayersAway,
  explainCollapse({ refit, importance, allocation }) {
    const setting = (sentence: string): CollapseCause[] => [{ certainty: 'setting', sentence }];
    if (!refit) return setting('channels are gone and nothing made up for them: leave refit on');
    if (importance !== 'activation')
      return setting(
        `channels were chosen by ${importance}, which does not see what their readers miss: use importance activation`,
      );
    if (allocation === 'uniform')
      return setting(
        'every layer lost the same share of its channels, those that need them too: use allocation global or latency',
      );
    return [tookTooMuch(id)];
  },
  async apply(graph, params, context) {
    const whole = removeDead(simplify(await plainGraph(graph, id, context.card.name)));
    const groups = findChannelGroups(whole);
    const keep: Keep =
      params.latency < 1
        ? { unit: 'latency', fraction: params.latency }
        : params.params < 1
          ? { unit: 'params', fraction: params.params }
          : { unit: 'macs', fraction: params.macs };
    const protect = nodesNamed(whole, params.protect, id, 'protect');
    const sparse = sparseWeights(graph, whole);
    if (params.refit && sparse.size > 0)
      context.note('Layers pruned before keep their zeros: their weights are not refitted, only their biases.');
    let removed: ReadonlySet<number> = new Set<number>();
    let result = whole;
    let ofRefit: string | undefined;
    for (let step = 1; step <= params.steps; step++) {
      const plan = await planRemoval(result, {
        ...params,
        id,
        context,
        whole,
        wholeGroups: groups,
        protect: new Set([...protect].map(({ name }) => name)),
        keep: { ...keep, fraction: 1 - ((1 - keep.fraction) * step) / params.steps },
      });
      removed = composeRemoval(groups, removed, plan.groups, plan.removed);
      if (removed.size === 0 && keep.fraction < 1) throw nothingToRemove(context.card.name);
      const smaller = removeChannels(whole, groups, removed);
      const options = { id, context, images: params.images, keptWeights: sparse };
      const refitted = params.refit ? await refitNetwork(smaller, whole, groups, removed, options) : undefined;
      result = refitted?.graph ?? smaller;
      if (step === params.steps && plan.shortfall) context.note(plan.shortfall);
      ofRefit = refitted && refitNote(refitted);
    }
    result = removeDead(result);
    for (const note of channelNotes(whole, result, groups, removed)) context.note(note);
    if (ofRefit) context.note(ofRefit);
    recountParameters(result);
    context.log(`${id}: ${countMacs(result)} of ${countMacs(whole)} MACs`);
    return result;
  },
});

function nothingToRemove(model: string): AppError {
  const detail = 'it has no channels that may be removed: none stand between layers whose operators are known';
  return new AppError('technique.not-applicable', { id, model, detail });
}
