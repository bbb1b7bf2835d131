import { z } from 'zod';
import { AppError } from '@shared/errors';
import { channelMoments } from '../compression/calibration/channel-moments';
import { absorbShifts, applyScales, equalizationScales, replaceCaps } from '../compression/quantization/equalization';
import { absorbableShift, factorLimits } from '../compression/quantization/equalization-limits';
import { equalizationPairs } from '../compression/quantization/equalization-pairs';
import { plainGraph } from '../compression/layers/plain-graph';
import type { Tensor } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { remakesWeights } from './handling';
import { defineTechnique } from './technique';

const id = 'equalize';
/** Moments settle long before ranges do. */
const largestImages = 256;

export const equalize = defineTechnique({
  id,
  title: 'Cross-layer equalization',
  summary:
    'Rescales channels between neighbouring layers so that they use similar weight ranges: the same answers, ready for one scale per layer.',
  family: 'quantization',
  needs: ['calibration'],
  version: 2,
  search: { place: 'structure', params: { relu6: { choices: ['keep', 'relu'] } } },
  preservesFunction: true,
  params: z.strictObject({
    relu6: z
      .enum(['keep', 'relu', 'exact'])
      .default('keep')
      .describe(
        'ReLU6 between rescaled layers: keep it and rescale only channels that calibration images never drive to its cap; make it a ReLU, which rescales all channels but changes some answers; or cap each channel exactly, which does not run in integers',
      ),
    absorbBias: z
      .boolean()
      .default(false)
      .describe(
        'Move high biases to the layer that follows, where no padding is in the way: smaller activation ranges, at the price of cutting off activations beyond three standard deviations',
      ),
  }),
  handling: () => remakesWeights,
  equalizes: true,
  async apply(graph, { relu6, absorbBias }, context) {
    const result = simplify(await plainGraph(graph, id, context.card.name));
    const pairs = equalizationPairs(result);
    if (pairs.length === 0) {
      throw new AppError('technique.not-applicable', {
        id,
        model: context.card.name,
        detail: 'it has no two convolutions with only a ReLU or a pooling between them',
      });
    }
    const values = pairs.map((pair) => ({ name: pair.first.node.outputs[0]!, isSpatial: true }));
    context.progress('observing', 0, context.calibration.count);
    const moments = await channelMoments(result, values, context, { id, limit: largestImages });
    const of = (index: number) => moments.get(values[index]!.name)!;
    const biasOf = (tensor: Tensor | undefined) => tensor?.data as Float32Array | undefined;
    const limits = new Map(
      pairs.map((pair, index) => {
        const bias = biasOf(result.initializers.get(pair.first.node.inputs[2] ?? ''));
        return [pair, factorLimits(of(index).max, bias, pair.cap, relu6 === 'keep')];
      }),
    );
    const scales = equalizationScales(pairs, limits);
    const shiftable = absorbBias ? [...pairs.entries()].filter(([, pair]) => pair.canShift && pair.activation) : [];
    const shifts = new Map(
      shiftable.map(([index, pair]) => {
        const kept = relu6 === 'keep' ? pair.cap : undefined;
        return [pair, absorbableShift(of(index), scales.get(pair)!, kept)];
      }),
    );
    applyScales(result, scales);
    absorbShifts(result, shifts);
    if (relu6 !== 'keep') replaceCaps(result, scales, shifts, relu6 === 'exact');
    if (relu6 === 'relu' && pairs.some((pair) => pair.cap !== undefined))
      context.note('ReLU6 became ReLU between equalized layers: activations that were capped at 6 no longer are.');
    return result;
  },
});
