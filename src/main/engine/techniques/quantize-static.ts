import { AppError } from '@shared/errors';
import { z } from 'zod';
import { rangeMethods } from '../compression/calibration/activation-range';
import { layersBeyondDrop } from '../compression/sensitivity/drop-limit';
import { nodesKept } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { integerForms } from '../compression/quantization/integer-forms';
import { levelChannels } from '../compression/quantization/level-channels';
import { rewriteQdq } from '../compression/quantization/qdq-rewrite';
import { qdqToOperators } from '../compression/quantization/qdq-to-operators';
import { explicitPairs, fusedKernels, sharedScaleKernels } from '../compression/quantization/quantizer-profile';
import { StaticQuantizer, type StaticChoices } from '../compression/quantization/static-quantizer';
import { raggedWidthsSentence } from '../compression/quantization/depthwise-widths';
import { saturationOf, saturationSentence } from '../compression/quantization/saturation';
import type { Node } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { layersKept } from './layer-params';
import { explainFewImages, type CollapseCause, type CollapseFacts } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'quantize.static';
/** For `maxDrop`. */
const noLimit = 100;

/** For whose kernels, by the names people choose. */
const profiles = { ort: fusedKernels, tflite: sharedScaleKernels, tensorrt: explicitPairs };

export const staticParams = z
  .strictObject({
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
    maxDrop: z
      .number()
      .min(0)
      .max(100)
      .default(noLimit)
      .describe(
        "Percentage points of agreement that may be lost: the layers that disturb the output most stay in float until the predicted class is the float network's on all but this many percent of the calibration images; 100 sets no limit",
      ),
    format: z
      .enum(['qdq', 'qoperator'])
      .default('qdq')
      .describe('Float operators between conversions, which runtimes fuse, or integer operators where ONNX has them'),
    profile: z
      .enum(['ort', 'tflite', 'tensorrt'])
      .default('ort')
      .describe(
        'Whose kernels it is for: ONNX Runtime; TensorFlow Lite, where pools and members of a concatenation share one scale; TensorRT, with activations around zero and conversions where its builder looks for them',
      ),
  })
  .refine(({ profile, format }) => profile === 'ort' || format === 'qdq', {
    error: 'format qoperator is for profile ort alone: the other builders read conversions (qdq)',
  })
  .refine(({ profile, weightScheme }) => profile === 'ort' || weightScheme === 'symmetric', {
    error: 'weightScheme asymmetric is for profile ort alone: the other kernels take weights around zero',
  });

/** What the quantizer is told by these parameters. */
export const staticChoices = (params: z.infer<typeof staticParams>): StaticChoices => ({
  ...params,
  profile: profiles[params.profile],
});

function explainStarvedLayer({ starvedLayer, isEqualized }: CollapseFacts): CollapseCause[] {
  if (!starvedLayer || 2 * starvedLayer.channels < starvedLayer.of) return [];
  const remedy = isEqualized
    ? 'use one scale per channel'
    : 'put equalize before quantize.static, or use one scale per channel';
  const { node, channels, of } = starvedLayer;
  const sentence = `one weight scale a layer leaves ${channels} of ${of} channels of "${node}" at most 3 of 127 steps: ${remedy}`;
  return [{ certainty: 'measured', sentence }];
}

export const quantizeStatic = defineTechnique({
  id,
  title: 'Static int8 quantization',
  summary:
    'Weights and activations in 8 bits; activation ranges are measured on calibration images. Runs on integer kernels.',
  family: 'quantization',
  needs: ['calibration'],
  // Integer sums saturate on some instruction sets, so what the network answers does too.
  dependsOnFor: ({ maxDrop }) => (maxDrop < noLimit ? ['kernels'] : []),
  version: 7,
  search: {
    place: 'integers',
    params: {
      calibration: { choices: ['min-max', 'percentile', 'mse'] },
      keepFirst: { choices: [false, true] },
      keepLast: { choices: [false, true] },
    },
  },
  params: staticParams,
  adds: 'scales and conversions of activations, which few-bit weights do not have',
  handling: ({ format, maxDrop, ...choice }) => ({
    takes: { weights: ['float', 'sparse', 'codes'], activations: ['float'] },
    leaves: {
      weights: 'integers',
      keeps: [...layersKept(choice), ...(maxDrop < noLimit ? ['layers that maxDrop keeps'] : [])],
      activations: format,
    },
  }),
  explainCollapse: ({ weights }, facts) => [
    ...explainStarvedLayer(facts),
    ...explainFewImages(facts.calibrationImages),
    ...(weights === 'tensor' && !facts.isEqualized
      ? [
          {
            certainty: 'setting' as const,
            sentence:
              'one weight scale a layer without equalization: put equalize before quantize.static, or use one scale per channel',
          },
        ]
      : []),
  ],
  async apply(graph, params, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const left = new Set([...nodesKept(plain, params, id)].flatMap((node) => node.outputs));
    const isLeft = (node: Node): boolean => left.has(node.outputs[0]!);
    const choice = staticChoices(params);
    const formed = integerForms(plain, isLeft, choice.profile.whole);
    const whole = choice.profile.plan(formed, isLeft);
    if (whole.layers.size === 0) {
      throw new AppError('technique.not-applicable', {
        id,
        model: context.card.name,
        detail: `it has no convolution or matrix product with constant weights${formed.nodes.some(isLeft) ? ' besides the excluded ones' : ''}`,
      });
    }
    const float = params.weights === 'channel' ? await levelChannels(formed, whole, context, id) : formed;
    const excluded = new Set(float.nodes.filter(isLeft));
    const quantizer = new StaticQuantizer(float, choice, context, id);
    if (params.maxDrop < noLimit) {
      const kept = await layersBeyondDrop(float, excluded, quantizer, params.maxDrop, { id, context });
      for (const node of kept) excluded.add(node);
    }
    const plan = quantizer.plan(float, (node) => excluded.has(node));
    const choices = await quantizer.choicesFor(plan);
    if (!params.reduceRange && !choices.isExplicit) {
      const sentence = saturationSentence(await saturationOf(float, plan, choices, { id, context }));
      if (sentence !== undefined) context.note(sentence);
    }
    const ragged = raggedWidthsSentence(plan.layers.keys());
    if (ragged !== undefined) context.note(ragged);
    const result = rewriteQdq(float, plan, choices);
    return params.format === 'qoperator' ? qdqToOperators(result) : result;
  },
});
