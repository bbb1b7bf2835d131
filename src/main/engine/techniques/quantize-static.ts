import { AppError } from '@shared/errors';
import { z } from 'zod';
import type { ValueObservation } from '../math/activation-observer';
import { activationRange, rangeMethods } from '../math/activation-range';
import { uint8Scale, type AffineScale, type Range } from '../math/affine-quantization';
import { excludedNodes } from '../math/layer-choice';
import { observeActivations } from '../math/observe-activations';
import { plainGraph } from '../math/plain-graph';
import { planQdq, type QdqPlan } from '../math/qdq-plan';
import { rewriteQdq, type QdqChoices } from '../math/qdq-rewrite';
import { qdqToOperators } from '../math/qdq-to-operators';
import { weightCodes } from '../math/weight-codes';
import { saturationOf, saturationSentence } from '../measure/saturation';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { defineTechnique } from './technique';

const id = 'quantize.static';

/** One range per group of values that share a scale: it holds that of any of them. */
function groupScales(
  plan: QdqPlan,
  observations: ReadonlyMap<string, ValueObservation>,
  rangeOf: (observation: ValueObservation) => Range,
): Map<string, AffineScale> {
  const merged = new Map<string, Range>();
  for (const value of plan.values) {
    const observation = observations.get(value);
    if (!observation || plan.derived.has(value)) continue;
    const range = rangeOf(observation);
    const group = plan.groupOf(value);
    const known = merged.get(group) ?? range;
    merged.set(group, { min: Math.min(known.min, range.min), max: Math.max(known.max, range.max) });
  }
  return new Map([...merged].map(([group, range]) => [group, uint8Scale(range)]));
}

/** What the plan quantizes, and what a plan without exclusions would: recipes that exclude different layers share one pass. */
function observedValues(graph: Graph, plan: QdqPlan): string[] {
  return [...new Set([...planQdq(graph).values, ...plan.values])];
}

export const quantizeStatic = defineTechnique({
  id,
  title: 'Static int8 quantization',
  summary:
    'Weights and activations in 8 bits; activation ranges are measured on calibration images. Runs on integer kernels.',
  family: 'quantization',
  needs: ['calibration'],
  version: 2,
  params: z.strictObject({
    weights: z
      .enum(['channel', 'tensor'])
      .default('channel')
      .describe('One weight scale per output channel, or one for the whole layer'),
    calibration: z
      .enum(rangeMethods)
      .default('min-max')
      .describe(
        'How an activation range follows from the calibration images: all of it, without the outermost elements, or the clipping that loses least information or has the least squared error',
      ),
    percentile: z
      .number()
      .min(90)
      .max(100)
      .default(99.999)
      .describe('Percent of the elements within the range, for calibration percentile'),
    weightScheme: z
      .enum(['symmetric', 'asymmetric'])
      .default('symmetric')
      .describe('Weight codes around zero, or around a zero point of the layer'),
    weightRange: z
      .enum(['min-max', 'mse'])
      .default('mse')
      .describe('Weight scale that clips nothing, or that of the least squared error'),
    reduceRange: z
      .boolean()
      .default(false)
      .describe('Weights in 7 bits, so that processors without VNNI compute the same answers'),
    exclude: z.array(z.string()).default([]).describe('Names of nodes that stay in float; * stands for any characters'),
    excludeTypes: z.array(z.string()).default([]).describe('Operator types that stay in float, e.g. Gemm'),
    keepFirst: z.boolean().default(false).describe('Keep the first layer in float'),
    keepLast: z.boolean().default(false).describe('Keep the last layer in float'),
    format: z
      .enum(['qdq', 'qoperator'])
      .default('qdq')
      .describe('Float operators between conversions, which runtimes fuse, or integer operators where ONNX has them'),
  }),
  notAfter: {
    fp16: 'the integers replace the half-precision weights, so that step would only add rounding errors',
    'quantize.static': 'the network is quantized already',
    'quantize.dynamic': 'the network is quantized already',
  },
  async apply(graph, params, context) {
    const float = simplify(await plainGraph(graph, id, context.card.name));
    const excluded = excludedNodes(float, params, id);
    const plan = planQdq(float, (node) => excluded.has(node));
    if (plan.layers.size === 0) {
      throw new AppError('technique.not-applicable', {
        id,
        model: context.card.name,
        detail: `it has no convolution or matrix product with constant weights${excluded.size > 0 ? ' besides the excluded ones' : ''}`,
      });
    }
    const observations = await observeActivations(float, observedValues(float, plan), context, id);
    const scales = groupScales(plan, observations, (observation) =>
      activationRange(observation, params.calibration, params.percentile),
    );
    const perChannel = params.weights === 'channel';
    const { weightScheme: scheme, weightRange: range, reduceRange } = params;
    const codes = new Map(
      [...plan.layers].map(([node, { weight, channelAxis }]) => [
        node,
        weightCodes(weight, channelAxis, { perChannel, scheme, range, reduceRange }),
      ]),
    );
    const choices: QdqChoices = {
      perChannel,
      codesOf: ({ node }) => codes.get(node)!,
      withZeroPoints: params.format === 'qoperator',
      scaleOf: (value) => scales.get(plan.groupOf(value))!,
    };
    if (!reduceRange) {
      const sentence = saturationSentence(await saturationOf(float, plan, choices, context));
      if (sentence !== undefined) context.note(sentence);
    }
    const result = rewriteQdq(float, plan, choices);
    return params.format === 'qoperator' ? qdqToOperators(result) : result;
  },
});
