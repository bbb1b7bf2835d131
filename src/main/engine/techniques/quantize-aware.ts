import { z } from 'zod';
import { AppError } from '@shared/errors';
import { rangeMethods } from '../compression/calibration/activation-range';
import { nodesKept } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import { weightLayers } from '../compression/layers/weight-layers';
import { plannedWidths, type BitWidths } from '../compression/quantization/bit-widths';
import { asRead, codesUsed } from '../compression/quantization/choices-as-read';
import { raggedWidthsSentence } from '../compression/quantization/depthwise-widths';
import { integerForms } from '../compression/quantization/integer-forms';
import type { QdqPlan } from '../compression/quantization/qdq-plan';
import { readQdq, type QdqReading } from '../compression/quantization/qdq-reading';
import { rewriteQdq } from '../compression/quantization/qdq-rewrite';
import { saturationOf, saturationSentence } from '../compression/quantization/saturation';
import { StaticQuantizer } from '../compression/quantization/static-quantizer';
import type { Graph, Node } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { fineTune, type FineTuneOptions } from '../training/fine-tune';
import { quantizedForm } from '../training/quantization/quantized-form';
import { trainingNotes } from '../training/training-notes';
import { explainFewImages } from './collapse-causes';
import { layersKept } from './layer-params';
import { staticChoices, staticParams } from './quantize-static';
import { defineTechnique } from './technique';
import { blocksParam, featuresParam, trainingParams } from './training-params';
import { trainingPlan } from './training-plan';

const id = 'quantize.aware';

/** No sum of two products of weights with so many bits exceeds 16. */
const safeBits = 7;
/** Few networks keep their answers with so few, however they are trained. */
const coarseBits = 2;

/** Names of weights that an earlier step stored in few bits: other codes would undo what that saves. */
function codedWeights(stored: Graph, plain: Graph): Set<string> {
  const trained = new Set(uncodedLayers(stored, plain).map(({ weightName }) => weightName));
  return new Set(weightLayers(plain).flatMap(({ weightName }) => (trained.has(weightName) ? [] : [weightName])));
}

/** Whether a network in integers stores weights in fewer bits than their type has, and in fewer than are asked for. */
function isPacked({ nodes, initializers }: Graph, { weights }: QdqReading, name: string, bits: number): boolean {
  const read = weights.get(name);
  const decode = nodes.find(({ outputs }) => outputs[0] === name);
  return read !== undefined && !initializers.has(decode?.inputs[0] ?? '') && Math.log2(codesUsed(read)) <= bits - 1;
}

const bits = (of: string): z.ZodDefault<z.ZodNumber> => z.number().int().min(2).max(8).default(8).describe(of);

export const quantizeAware = defineTechnique({
  id,
  title: 'Quantization-aware training',
  summary:
    'Quantizes as quantize.static does, then trains weights and scales together, rounded as they will be, to answer as the float network does. Ends in the same file, on the same integer kernels. Behind a step that quantizes, such as learned rounding, it goes on from there.',
  family: 'quantization',
  needs: ['calibration', 'train'],
  dependsOn: ['kernels'],
  version: 7,
  usesReference: true,
  endsByHand: true,
  search: { place: 'integers', params: { weightBits: { ordered: [4, 8] } } },
  params: z.strictObject({
    weightBits: bits('Bits of weights; fewer than 8 make a smaller file and are as fast'),
    activationBits: bits(
      'Bits of what layers multiply weights with; fewer than 8 are kept in 8-bit codes and are as fast',
    ),
    edgeBits: bits(
      'Bits of both in the first and the last layer, and of what the second reads, where few networks bear fewer than 8',
    ),
    weights: z
      .enum(['channel', 'tensor'])
      .default('channel')
      .describe('One weight scale per output channel, or one for the whole layer'),
    calibration: z
      .enum(rangeMethods)
      .default('min-max')
      .describe(
        'How an activation range follows from the calibration images, before it is trained: as quantize.static has it; with fewer than 8 bits, that of least squared error instead of all of it',
      ),
    exclude: z.array(z.string()).default([]).describe('Names of nodes that stay in float; * stands for any characters'),
    excludeTypes: z.array(z.string()).default([]).describe('Operator types that stay in float, e.g. Gemm'),
    keepFirst: z.boolean().default(false).describe('Keep the first layer in float'),
    keepLast: z.boolean().default(false).describe('Keep the last layer in float'),
    profile: z
      .enum(['ort', 'tflite', 'tensorrt'])
      .default('ort')
      .describe('Whose kernels it is for: ONNX Runtime, TensorFlow Lite or TensorRT, as quantize.static has it'),
    ...trainingParams({ epochs: 4, learningRate: 2e-5 }),
    scaleRate: z
      .number()
      .positive()
      .max(1)
      .default(1e-3)
      .describe('The share by which a scale changes in a step at most, while the learning rate is at its highest'),
    features: featuresParam,
    blocks: blocksParam(0),
  }),
  adds: 'scales and conversions of activations, which few-bit weights do not have',
  handling: (choice) => ({
    takes: { weights: ['float', 'sparse', 'codes', 'integers'], activations: ['float', 'qdq'] },
    leaves: { weights: 'integers', keeps: layersKept(choice), activations: 'qdq' },
  }),
  compensates: true,
  explainCollapse: ({ weightBits, activationBits }, { calibrationImages }) => [
    ...explainFewImages(calibrationImages),
    ...(Math.min(weightBits, activationBits) <= coarseBits
      ? [
          {
            certainty: 'setting' as const,
            sentence: `${Math.min(weightBits, activationBits)} bits are too coarse for this network: use more, or train longer on more images`,
          },
        ]
      : []),
  ],
  async apply(graph, params, context) {
    const model = context.card.name;
    const refuse = (detail: string): AppError => new AppError('technique.not-applicable', { id, model, detail });
    const decoded = await plainGraph(graph, id, model);
    const read = readQdq(decoded);
    if ('unreadable' in read)
      throw refuse(`it is quantized in a way that training cannot go on from: ${read.unreadable}`);
    const plain = simplify(read.graph);
    const left = new Set([...nodesKept(plain, params, id)].flatMap((node) => node.outputs));
    const isLeft = (node: Node): boolean => left.has(node.outputs[0]!);
    const { weights, calibration, profile: profileName, weightBits, activationBits, edgeBits } = params;
    const like = staticChoices(staticParams.parse({ weights, calibration, profile: profileName }));
    const widths: BitWidths = { weights: weightBits, activations: activationBits, edges: edgeBits };
    const { profile } = like;
    const float = integerForms(plain, isLeft, profile.whole);
    const planOf = (network: Graph): QdqPlan => profile.plan(network, isLeft);
    const plan = planOf(float);
    if (plan.layers.size === 0)
      throw refuse(
        `it has no convolution or matrix product with constant weights${left.size > 0 ? ' besides the excluded ones' : ''}`,
      );
    const { teacher, images, options, taughtBy } = await trainingPlan(id, float, params, context);
    const calibrated = await new StaticQuantizer(float, { ...like, bits: widths }, context, id).choicesFor(plan);
    const { choices, taken, starts } = asRead(calibrated, read, plan);
    for (const [name, weights] of starts) float.initializers.set(name, weights);
    const rate = params.scaleRate / params.learningRate;
    const asked = plannedWidths(float, plan, widths);
    const kept = new Set([
      ...codedWeights(graph, plain),
      ...[...plan.layers.values()].flatMap(({ node, weightName }) =>
        isPacked(graph, read, weightName, asked.ofLayer(node)) ? [weightName] : [],
      ),
    ]);
    const rates = { scale: rate, zeroPoint: rate };
    const form = quantizedForm(float, { planOf, choices, rates, kept });
    let result = form.quantized(float, new Map());
    const own: Partial<FineTuneOptions> = {
      featureWeight: params.features,
      blockWeight: params.blocks,
      form: {
        of: form.of,
        finish(network, learned) {
          result = form.quantized(network, learned);
          return result.graph;
        },
      },
    };
    const { judgement } = await fineTune(id, float, teacher, images, { ...options, ...own }, context);
    const asItWas = `weights and scales are those that ${taken > 0 ? 'the network came with' : 'calibration gives'}`;
    for (const sentence of trainingNotes(judgement, taughtBy, asItWas)) context.note(sentence);
    if (taken > 0) context.note('The network came in integers: training began at the scales that it came with.');
    if (kept.size > 0) context.note('Weights that an earlier step stored in few bits kept their codes.');
    if (!choices.isExplicit && Math.max(weightBits, edgeBits) > safeBits) {
      const layers = await saturationOf(result.graph, result.plan, result.choices, { id, context });
      const sentence = saturationSentence(layers, `weightBits and edgeBits ${safeBits} avoid it`);
      if (sentence !== undefined) context.note(sentence);
    }
    const ragged = raggedWidthsSentence(plan.layers.keys());
    if (ragged !== undefined) context.note(ragged);
    return rewriteQdq(result.graph, result.plan, result.choices);
  },
});
