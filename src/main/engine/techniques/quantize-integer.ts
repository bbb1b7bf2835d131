import { AppError } from '@shared/errors';
import { z } from 'zod';
import { bareImages, bareNetwork } from '../compression/quantization/bare-network';
import { integerForms } from '../compression/quantization/integer-forms';
import { floatOperator } from '../compression/quantization/integer-only';
import { qdqSketch } from '../compression/quantization/qdq-sketch';
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
  version: 6,
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
    const { name } = context.card;
    const refuse = (detail: string): AppError => new AppError('technique.not-applicable', { id, model: name, detail });
    const reference: Graph = simplify(await plainGraph(await context.reference(), id, name));
    const weights = new Map(weightLayers(reference).map(({ node, weight }) => [node.name, weight]));
    const isQuantized = graph.nodes.some((node) => node.op === 'QuantizeLinear' || node.op === 'QLinearConv');
    const bare = bareNetwork(isQuantized ? graph : simplify(await plainGraph(graph, id, name)), context.card);
    const toIntegers = async (quantized: Graph): Promise<Graph> => {
      try {
        const result = giveIntegers(await takeRawPixels(quantized, bare.card, (node) => weights.get(node)));
        const float = floatOperator(result);
        if (!float) return result;
        throw refuse(
          `the node "${float.name || float.outputs[0]}" (${float.op}) would be computed in float between input and output; quantize.static keeps such nodes in float and the others in integers`,
        );
      } catch (thrown) {
        throw thrown instanceof NotFoldable ? refuse(thrown.message) : thrown;
      }
    };
    let quantized = bare.graph;
    if (!isQuantized) {
      // Whether integers go all the way is known before any image is read.
      await toIntegers(qdqSketch(integerForms(bare.graph)));
      const calibration = bareImages(context.calibration, bare);
      const staticParameters = quantizeStatic.params.parse({});
      quantized = await quantizeStatic.apply(bare.graph, staticParameters, {
        ...context,
        card: bare.card,
        calibration,
      });
    }
    const result = await toIntegers(quantized);
    context.note('Takes raw pixels (uint8, 0 to 255) and gives integer scores: feed it without normalising.');
    return result;
  },
});
