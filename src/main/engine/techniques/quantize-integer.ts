import { AppError } from '@shared/errors';
import { z } from 'zod';
import { floatOperator } from '../compression/quantization/integer-only';
import { plainGraph } from '../compression/layers/plain-graph';
import { giveIntegers, NotFoldable, takeRawPixels } from '../compression/quantization/raw-pixels';
import { weightLayers } from '../compression/layers/weight-layers';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { quantizeStatic } from './quantize-static';
import { explainFewImages } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'quantize.integer';

export const quantizeInteger = defineTechnique({
  id,
  title: 'Integer-only network',
  summary:
    'Raw uint8 pixels in, integer scores out, the normalisation folded into the first layer: nothing is computed in float. Takes a statically quantized network, or quantizes it with default settings.',
  family: 'quantization',
  needs: ['calibration'],
  version: 2,
  usesReference: true,
  params: z.strictObject({}),
  adds: 'scales and conversions of activations, which few-bit weights do not have',
  handling: () => ({
    takes: {
      weights: ['float', 'sparse', 'codes', 'integers'],
      activations: ['float', 'qdq'],
      input: ['images'],
    },
    leaves: { weights: 'integers', activations: 'qdq', input: 'pixels' },
  }),
  explainCollapse: (_params, { calibrationImages }) => explainFewImages(calibrationImages),
  async apply(graph, _params, context) {
    const refuse = (detail: string): AppError =>
      new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    const isQuantized = graph.nodes.some((node) => node.op === 'QuantizeLinear' || node.op === 'QLinearConv');
    const quantized = isQuantized ? graph : await quantizeStatic.apply(graph, quantizeStatic.params.parse({}), context);
    const reference: Graph = simplify(await plainGraph(await context.reference(), id, context.card.name));
    const weights = new Map(weightLayers(reference).map(({ node, weight }) => [node.name, weight]));
    try {
      const pixels = await takeRawPixels(quantized, context.card, (name) => weights.get(name));
      const result = giveIntegers(pixels);
      const float = floatOperator(result);
      if (float)
        throw refuse(
          `the node "${float.name || float.outputs[0]}" (${float.op}) would be computed in float between input and output`,
        );
      context.note('Takes raw pixels (uint8, 0 to 255) and gives integer scores: feed it without normalising.');
      return result;
    } catch (thrown) {
      throw thrown instanceof NotFoldable ? refuse(thrown.message) : thrown;
    }
  },
});
