import { z } from 'zod';
import { AppError } from '@shared/errors';
import { channelMoments } from '../compression/calibration/channel-moments';
import { decodeWeights } from '../compression/layers/decode-weights';
import { shiftBias } from '../compression/calibration/layer-bias';
import { matchLayers } from '../compression/calibration/layer-matching';
import { plainGraph } from '../compression/layers/plain-graph';
import { copyGraph } from '../onnx/graph';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { defineTechnique } from './technique';

const id = 'correctBias';

/**
 * Empirical bias correction (Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019, appendix D):
 * layer after layer, in the order of the network, the bias takes up what the mean of each channel lost against the float network.
 */
export const correctBias = defineTechnique({
  id,
  title: 'Bias correction',
  summary:
    'After a lossy step: moves each bias so that every channel has the mean it had in the float network. Costs no time, and at most one number a channel.',
  family: 'quantization',
  needs: ['calibration'],
  // It measures the network that it corrects, which may be an integer one.
  dependsOn: ['kernels'],
  version: 1,
  search: { place: 'repair', params: {} },
  usesReference: true,
  params: z.strictObject({
    images: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(128)
      .describe('Calibration images over which means are taken; each layer needs a pass of its own'),
  }),
  adds: 'biases in full precision, also for layers that had none',
  handling: () => ({ takes: { weights: [], activations: ['float', 'dynamic', 'qdq', 'qoperator'] }, leaves: {} }),
  compensates: true,
  async apply(graph, { images }, context) {
    const reference = simplify(await plainGraph(await context.reference(), id, context.card.name));
    let result = simplify(copyGraph(graph));
    const pairs = matchLayers(reference, result);
    if (pairs.length === 0) {
      const detail = 'it has no layer whose name the float network knows';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const options = { id, limit: images };
    const wanted = await channelMoments(
      reference,
      pairs.map((pair) => pair.reference.value),
      context,
      options,
    );
    const constants = (await decodeWeights(result)).initializers;
    let skipped = 0;
    for (const [position, { reference: known, site }] of pairs.entries()) {
      context.progress('correcting layers', position, pairs.length);
      const { mean } = (await channelMoments(result, [site.value], context, options)).get(site.value.name)!;
      const target = wanted.get(known.value.name)!.mean;
      const delta = mean.map((value, channel) => target[channel]! - value);
      if (target.length !== mean.length || !shiftBias(result, site, delta, constants)) skipped++;
    }
    if (skipped > 0)
      context.note(`${skipped} of ${pairs.length} layers kept their bias: it cannot be changed in place.`);
    result = removeDead(result);
    return result;
  },
});
