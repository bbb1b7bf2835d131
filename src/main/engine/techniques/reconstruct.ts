import { AppError } from '@shared/errors';
import { z } from 'zod';
import type { AffineScale } from '../compression/algebra/affine-quantization';
import { nodesKept } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import { weightLayers } from '../compression/layers/weight-layers';
import { integerForms } from '../compression/quantization/integer-forms';
import { rewriteQdq } from '../compression/quantization/qdq-rewrite';
import { fusedKernels } from '../compression/quantization/quantizer-profile';
import { StaticQuantizer } from '../compression/quantization/static-quantizer';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { Graph, Node } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { mostWithin } from '../training/quantization/learned-quantizers';
import {
  plainSketch,
  sketchActivations,
  type ActivationLevels,
  type ActivationSketch,
} from '../training/rounding/activation-sketch';
import { reconstructNetwork, type Reconstruction } from '../training/rounding/reconstruct-network';
import type { RoundedNetwork } from '../training/rounding/rounded-network';
import { codesWeights, type Handling } from './handling';
import { keptLayers, layersKept } from './layer-params';
import { defineTechnique } from './technique';

const id = 'reconstruct';
/** Few networks keep their answers with so few. */
const coarseBits = 2;
const kernelBits = 8;

export const reconstruct = defineTechnique({
  id,
  title: 'Learned rounding',
  summary:
    'Stores weights in 2 to 8 bits and learns, block by block, which way to round each of them so that the block gives what it gave on calibration images, which need no labels. At 2 to 4 bits more exact than few-bit weights without learning. Activations may be quantized as well.',
  family: 'quantization',
  needs: ['calibration'],
  dependsOn: ['kernels'],
  version: 7,
  params: z.strictObject({
    bits: z.literal([2, 3, 4, 5, 6, 7, 8]).default(3).describe('Bits per weight, with a scale for each output channel'),
    endBits: z
      .literal([0, 2, 3, 4, 5, 6, 7, 8])
      .default(0)
      .describe('Bits per weight of the first and of the last layer; 0: as many as the others'),
    activations: z
      .literal([0, 2, 3, 4, 5, 6, 7, 8])
      .default(0)
      .describe(
        'Bits of activations, for integer kernels; fewer than 8 are kept in 8-bit codes, and what the first two layers and the last one read has 8. 0: activations stay in float, and weights are decoded when the model loads',
      ),
    unit: z
      .enum(['block', 'layer'])
      .default('block')
      .describe(
        'What is learned together: a block, such as a residual block with its sum, or one layer with its activation',
      ),
    iterations: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(300)
      .describe('Steps for each block or layer; time grows with it'),
    batch: z
      .number()
      .int()
      .min(1)
      .max(256)
      .default(16)
      .describe('Images a step where maps are 14 x 14 or smaller; fewer where they are larger, at least 4'),
    ...keptLayers,
  }),
  adds: 'scales and conversions of activations, where these are quantized',
  handling: ({ activations, ...choice }) =>
    activations === 0 ? codesWeights(layersKept(choice)) : quantizesActivations(layersKept(choice)),
  explainCollapse: ({ bits }) =>
    bits <= coarseBits
      ? [{ certainty: 'setting', sentence: `${bits}-bit weights are too coarse for this network: use more bits` }]
      : [],
  async apply(graph, { exclude, keepFirst, keepLast, bits, endBits, activations, ...options }, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const kept = new Set([...nodesKept(plain, { exclude, keepFirst, keepLast }, id)].map(outputOf));
    const ends = weightLayers(plain).map(({ node }) => outputOf(node));
    const chosen = new Set(uncodedLayers(graph, plain).map(({ node }) => outputOf(node)));
    const { sketch, finish } =
      activations === 0
        ? { sketch: plainSketch(plain), finish: async (network: RoundedNetwork) => network.stored() }
        : await quantizedSketch(plain, activations, (node) => kept.has(outputOf(node)), context);
    const layers = weightLayers(sketch.reference).filter(
      ({ node }) => chosen.has(outputOf(node)) && !kept.has(outputOf(node)),
    );
    if (layers.length === 0) {
      const detail = 'it has no convolution or matrix product with constant weights outside the excluded ones';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    if (activations === 0) context.note('Few-bit weights are decoded when the model loads: smaller file, no speed-up.');
    const isEnd = (node: Node): boolean => [ends[0], ends.at(-1)].includes(outputOf(node));
    const bitsOf = ({ node }: { node: Node }): number => (isEnd(node) && endBits > 0 ? endBits : bits);
    const result = await reconstructNetwork(sketch, layers, { id, bitsOf, ...options }, context);
    for (const sentence of sentencesOf(result, options)) context.note(sentence);
    return finish(result.network);
  },
});

const outputOf = ({ outputs }: Node): string => outputs[0]!;

const quantizesActivations = (keeps: string[]): Handling => ({
  takes: { weights: ['float', 'sparse'], besides: ['codes'], activations: ['float'] },
  leaves: { weights: 'integers', keeps, activations: 'qdq' },
});

/** The network with rounded activations, and how it becomes a file whose activations are codes. */
async function quantizedSketch(
  plain: Graph,
  bits: number,
  isLeft: (node: Node) => boolean,
  context: TechniqueContext,
): Promise<{ sketch: ActivationSketch; finish(network: RoundedNetwork): Promise<Graph> }> {
  const profile = fusedKernels;
  const float = integerForms(plain, isLeft, profile.whole);
  const calibration = { calibration: 'min-max', percentile: 100 } as const;
  // What was learned has fewer bits of weights; their codes are found in the weights.
  const widths = { weights: kernelBits, activations: bits, edges: kernelBits };
  const weights = { weights: 'channel', weightScheme: 'symmetric', weightRange: 'mse', reduceRange: false } as const;
  const quantizer = new StaticQuantizer(
    float,
    { ...calibration, ...weights, format: 'qdq', profile, bits: widths },
    context,
    id,
  );
  const plan = quantizer.plan(float, isLeft);
  const { scaleOf, limitsOf } = await quantizer.choicesFor(plan);
  const isAlone = (value: string): boolean => {
    const group = plan.groupOf(value);
    const isShared = plan.values.some((other) => other !== value && plan.groupOf(other) === group);
    return !isShared && ![...plan.rescaled.values()].some(({ source }) => plan.groupOf(source) === group);
  };
  const levelsOf = (value: string): ActivationLevels => {
    const { scale, zeroPoint } = scaleOf(value);
    const limits = limitsOf?.(value);
    const { lowest, highest } = limits ?? profile.activations;
    const levels = { scale, lowest: lowest - zeroPoint, highest: highest - zeroPoint };
    if (!limits || !isAlone(value)) return levels;
    const group = plan.groupOf(value);
    return { ...levels, most: mostWithin(float, plan, group, { scale, levels: levels.highest }) };
  };
  const rounded = new Set(plan.values.filter((value) => !plan.rescaled.has(value)));
  return {
    sketch: sketchActivations(float, (value) => (rounded.has(value) ? levelsOf(value) : undefined)),
    // Weights that lie on an even grid keep it.
    async finish(network) {
      const learned = network.inside(float);
      const own = quantizer.plan(learned, isLeft);
      const choices = await quantizer.choicesFor(own);
      const scaleOf = (value: string): AffineScale => {
        const known = choices.scaleOf(value);
        return { ...known, scale: network.scaleOf(value) ?? known.scale };
      };
      return rewriteQdq(learned, own, { ...choices, scaleOf });
    },
  };
}

function sentencesOf(
  { units, gained, left, divergence }: Reconstruction,
  { unit, iterations }: { unit: string; iterations: number },
): string[] {
  const sentences = [
    `Learned the rounding of ${units} ${unit}s in ${iterations} steps each: ${gained} of them came nearer to what they gave, the others keep second-order rounding.`,
  ];
  if (left.length > 0) sentences.push(`${left.length} of them were left alone: ${left[0]}.`);
  if (divergence) {
    const { images, before, after } = divergence;
    sentences.push(
      `Divergence of the answers from those before this step, on ${images} calibration images that rounding was not learned on: ${before.toPrecision(3)} with second-order rounding, ${after.toPrecision(3)} with what was learned${after < before ? '' : '. It did not fall, so the network was left with second-order rounding'}.`,
    );
  }
  return sentences;
}
