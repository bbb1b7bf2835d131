import { AppError } from '@shared/errors';
import { z } from 'zod';
import { observeRanges } from '../math/activation-ranges';
import { uint8Scale, type AffineScale, type Range } from '../math/affine-quantization';
import { plainGraph } from '../math/plain-graph';
import { planQdq, type QdqPlan } from '../math/qdq-plan';
import { rewriteQdq } from '../math/qdq-rewrite';
import { simplify } from '../onnx/simplify';
import { defineTechnique } from './technique';

const id = 'quantize.static';

/** One range per group of values that share a scale: it holds what any of them takes. */
function groupScales(plan: QdqPlan, ranges: ReadonlyMap<string, Range>): Map<string, AffineScale> {
  const merged = new Map<string, Range>();
  for (const value of plan.values) {
    const range = ranges.get(value);
    if (!range) continue;
    const group = plan.groupOf(value);
    const known = merged.get(group) ?? range;
    merged.set(group, { min: Math.min(known.min, range.min), max: Math.max(known.max, range.max) });
  }
  return new Map([...merged].map(([group, range]) => [group, uint8Scale(range)]));
}

export const quantizeStatic = defineTechnique({
  id,
  title: 'Static int8 quantization',
  summary:
    'Weights and activations in 8 bits; activation ranges are measured on calibration images. Runs on integer kernels.',
  family: 'quantization',
  needs: ['calibration'],
  version: 1,
  params: z.strictObject({
    weights: z
      .enum(['channel', 'tensor'])
      .default('channel')
      .describe('One weight scale per output channel, or one for the whole layer'),
    calibration: z
      .enum(['min-max'])
      .default('min-max')
      .describe('How an activation range follows from the calibration images'),
  }),
  notAfter: {
    fp16: 'the integers replace the half-precision weights, so that step would only add rounding errors',
    'quantize.static': 'the network is quantized already',
    'quantize.dynamic': 'the network is quantized already',
  },
  async apply(graph, params, context) {
    const float = simplify(await plainGraph(graph, id, context.card.name));
    const plan = planQdq(float);
    if (plan.layers.size === 0) {
      throw new AppError('technique.not-applicable', {
        id,
        model: context.card.name,
        detail: 'it has no convolution or matrix product with constant weights',
      });
    }
    const observed = plan.values.filter((value) => !plan.derived.has(value));
    const scales = groupScales(plan, await observeRanges(float, observed, context, id));
    return rewriteQdq(float, plan, {
      perChannel: params.weights === 'channel',
      scaleOf: (value) => scales.get(plan.groupOf(value))!,
    });
  },
});
