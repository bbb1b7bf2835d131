import { AppError } from '@shared/errors';
import { z } from 'zod';
import { FreshNames } from '../onnx/fresh-names';
import { decodeWeights } from '../compression/layers/decode-weights';
import { currentGraph } from '../compression/layers/plain-graph';
import { singleBatch } from '../onnx/classifier';
import { copyGraph, type Graph } from '../onnx/graph';
import { attr, float32Tensor, makeNode } from '../onnx/make';
import { inferShapes } from '../onnx/shapes';
import { defineTechnique } from './technique';

const id = 'shrink.input';

/**
 * A float32 factor at which a runtime, which rounds down, gets from `size` to `wanted`. ONNX Runtime multiplies in float64 where it infers shapes and in float32
 * where it computes: what is not below in the one is not below in the other.
 */
function factorFor(size: number, wanted: number): number {
  const nearest = Math.fround(wanted / size);
  return size * nearest >= wanted ? nearest : Math.fround(nearest * (1 + 2 ** -22));
}

/** Scores per image; undefined where the network cannot take its images at this size. */
function classesOf(graph: Graph): number | undefined {
  try {
    const { shape = [] } = inferShapes(graph, singleBatch(graph)).get(graph.outputs[0]!.name) ?? {};
    return shape.reduce((product: number, size) => product * Number(size), 1);
  } catch {
    return undefined;
  }
}

export const shrinkInput = defineTechnique({
  id,
  title: 'Smaller input',
  summary:
    'Scales the image down before the first layer: less time for the same file. A control that every structural technique has to beat.',
  family: 'pruning',
  needs: [],
  version: 3,
  search: { place: 'input', params: { scale: { ordered: [0.7, 0.75, 0.8, 0.85, 0.9, 0.95] } } },
  params: z.strictObject({
    scale: z.number().min(0.2).max(1).default(0.75).describe('Width and height to keep, as a fraction'),
    roundTo: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(8)
      .describe('Width and height are multiples of this many pixels, the nearest to the fraction'),
  }),
  adds: 'the node that scales images',
  handling: () => ({
    takes: { weights: [], activations: ['float', 'dynamic'], input: ['images', 'scaled'] },
    leaves: { input: 'scaled', work: 'less' },
  }),
  async apply(graph, { scale, roundTo }, { card, note }) {
    const result = currentGraph(copyGraph(graph), id, card.name);
    const { width, height, layout } = card.input;
    const shrunk = (size: number): number =>
      Math.min(size, Math.max(roundTo, Math.round((size * scale) / roundTo) * roundTo));
    const [rows, columns] = [shrunk(height), shrunk(width)];
    const factors = [factorFor(height, rows), factorFor(width, columns)];
    const names = new FreshNames(result);
    const [factorName, small] = [names.next(), names.next()];
    const input = result.inputs[0]!.name;
    for (const node of result.nodes) node.inputs = node.inputs.map((name) => (name === input ? small : name));
    result.initializers.set(
      factorName,
      float32Tensor([4], layout === 'NHWC' ? [1, ...factors, 1] : [1, 1, ...factors]),
    );
    // Scales alone say the size: the batch may be open.
    result.nodes.unshift(
      makeNode('Resize', [input, '', factorName], [small], {
        mode: attr.string('linear'),
        coordinate_transformation_mode: attr.string('half_pixel'),
      }),
    );
    const classes = classesOf(await decodeWeights(result));
    if (classes === undefined || classes !== classesOf(await decodeWeights(graph))) {
      const detail = `its layers take images of ${width}x${height} pixels only; it needs an average over all positions before the classifier`;
      throw new AppError('technique.not-applicable', { id, model: card.name, detail });
    }
    note(`Images of ${width}x${height} pixels are scaled to ${columns}x${rows} before the first layer.`);
    return result;
  },
});
