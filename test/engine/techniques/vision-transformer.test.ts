import { describe, expect, it, test } from 'vitest';
import { AppError } from '@shared/errors';
import { parseRecipe } from '@shared/recipe-syntax';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { techniques } from '../../../src/main/engine/techniques/registry';
import { noise } from '../../fixtures/graphs';
import { visionTransformer } from '../../fixtures/networks/vision-transformer';
import { contextFor, relativeError, runGraph } from './small-networks';

const { make, card } = visionTransformer;
const shape = [3, card.input.height, card.input.width];
const imagesOf = (count: number, seed: number): Float32Array => noise(count * shape.reduce((a, b) => a * b, 1), seed);
const network = make();
const fresh = imagesOf(6, 5);
const expected = await runGraph(network, fresh, shape);

/** The network after a recipe, or the sentence with which it was refused. */
async function after(recipe: string): Promise<Graph | string> {
  const context = { ...contextFor(card, imagesOf(24, 3), shape), reference: () => Promise.resolve(network) };
  try {
    let graph = network;
    for (const { technique, params } of parseRecipe(recipe)) graph = await applyStep(graph, technique, params, context);
    return graph;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return `${thrown.code}: ${thrown.message}`;
  }
}

/** What may be lost, generously: the relative error of answers that have nothing to do with these is 1.4. */
const fine: [recipe: string, most: number][] = [
  ['fp16', 0.01],
  ['quantize.dynamic', 0.2],
  ['quantize.static', 0.3],
  ['quantize.aware{iterations:2}', 0.3],
  ['quantize.weights{bits:6}', 0.2],
  ['quantize.weights{bits:6, rounding:nearest}', 0.2],
  ['quantize.mixed{maxBytes:9000}', 0.3],
  ['reconstruct{bits:6, iterations:8}', 0.2],
  ['cluster.weights{clusters:32}', 0.3],
  ['cluster.train{epochs:1}', 0.4],
  ['binarize.weights', 1.5],
  ['binarize.train{epochs:1}', 1.5],
  ['distill{epochs:1}', 1.5],
  ['prune.magnitude{amount:0.2}', 0.5],
  ['prune.secondOrder{amount:0.2}', 0.3],
  ['factorize{macs:0.9, roundTo:1}', 0.5],
  ['prune.layers', 1.5],
  ['correctBias', 0.01],
  ['recalibrate', 0.01],
  ['finetune', 0.01],
  ['prune.gradual{amount:0.2}', 0.5],
  ['prune.before{amount:0.2}', 0.7],
  ['iterate{from:0.1, to:0.2, maxDrop:100}', 0.5],
  ['quantize.weights{bits:4} | correctBias', 0.6],
];

const refused: [recipe: string, sentence: string][] = [
  ['prune.channels', 'it has no channels that may be removed: none stand between layers whose operators are known'],
  ['prune.units', 'no two fully connected layers of vectors [N, features] stand one after the other'],
  ['equalize', 'it has no two convolutions with only a ReLU or a pooling between them'],
  ['shrink.input{scale:0.5}', 'its layers take images of 16x16 pixels only'],
  ['gate.channels', 'it has no convolution of 8 or more channels that is read by one other convolution alone'],
  ['quantize.integer', 'cannot be applied to vision-transformer'],
];

test('exit.early leaves it behind its tokens, an image at a time', async () => {
  const result = await after('exit.early{views:1, epochs:2, macs:0.8}');
  if (typeof result === 'string') throw new Error(result);
  expect(result.nodes.at(-1)!.op).toBe('If');
  expect(result.nodes.map(({ op }) => op)).toContain('Transpose');
  expect(await runGraph(result, imagesOf(1, 6), shape)).toHaveLength(card.output.classes);
});

describe('a vision transformer with a free batch and shape arithmetic', () => {
  it('is what the fixture says: shapes and masks are alive where networks are cut', () => {
    const ops = new Set(network.nodes.map(({ op }) => op));
    for (const op of ['Shape', 'Equal', 'Where', 'Expand', 'LayerNormalization', 'Softmax']) expect(ops).toContain(op);
  });

  it('has all arithmetic on shapes folded but that of the free batch', () => {
    const folded = simplify(network);
    const reshapes = folded.nodes.filter(({ op }) => op === 'Reshape');
    expect(reshapes.map(({ inputs }) => folded.initializers.has(inputs[1]!))).toEqual([true, true, true]);
    expect(folded.nodes.filter(({ op }) => op === 'Shape')).toHaveLength(1);
  });

  test.each(fine)('%s', async (recipe, most) => {
    const result = await after(recipe);
    if (typeof result === 'string') throw new Error(result);
    expect(relativeError(await runGraph(result, fresh, shape), expected)).toBeLessThan(most);
    // The batch stays free.
    expect(await runGraph(result, imagesOf(1, 6), shape)).toHaveLength(card.output.classes);
  });

  test.each(refused)('%s is refused with a true sentence', async (recipe, sentence) => {
    expect(await after(recipe)).toContain(sentence);
  });

  it('leaves no technique out', () => {
    const recipes = [...[...fine, ...refused].map(([recipe]) => recipe), 'exit.early'];
    const tried = recipes.flatMap((recipe) => parseRecipe(recipe).map(({ technique }) => technique));
    expect(new Set(tried)).toEqual(new Set(techniques.map(({ id }) => id)));
  });
});
