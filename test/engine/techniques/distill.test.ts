import { beforeAll, describe, expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { parseRecipe } from '@shared/recipe-syntax';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { adamW } from '../../../src/main/engine/gradients/optimizers';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { trainFromScratch } from '../../../src/main/engine/training/from-scratch';
import { initialized } from '../../../src/main/engine/training/initialize';
import { plainTrainingImages } from '../../fixtures/plain-training-images';
import { accuracyOf, asImages, stripeClasses, stripedImages } from '../../fixtures/striped-images';
import { cardFor, contextFor, fingerprintOf, NetworkBuilder, runGraph, type RecordedContext } from './small-networks';
import { bytesOf } from './whole-network';

/** Convolutions, a depthwise one and a residual sum among them. */
function untrained(): Graph {
  const net = new NetworkBuilder(1);
  const layer = (input: string, name: string, from: number, to: number, kernel = 3, group = 1): string =>
    net.node(
      'Relu',
      [net.batchNorm(net.conv(input, name, from, to, kernel, { bias: false, group }), `${name}.bn`, to)],
      `${name}.relu`,
    );
  const stem = layer('input', 'stem', 3, 16);
  const block = layer(layer(stem, 'deep', 16, 16, 3, 16), 'point', 16, 16, 1);
  return net.head(layer(net.node('Add', [block, stem], 'sum'), 'tail', 16, 32), 32, stripeClasses);
}

const [seen, fresh] = [stripedImages(256, 1), stripedImages(400, 2)];
const accuracy = async (graph: Graph): Promise<number> => accuracyOf(await runGraph(graph, fresh.pixels), fresh.labels);
const params = { epochs: 12, batch: 16, learningRate: 0.01, features: 0.5 };
let teacher: Graph;

/** All images, of which the first few have labels. */
function contextWith(labelled: number): RecordedContext {
  const context = contextFor(cardFor(teacher));
  const train = plainTrainingImages(asImages(seen, labelled));
  const bySplit = { calibration: context.calibration, train };
  return { ...context, images: (split) => bySplit[split], reference: () => Promise.resolve(teacher) };
}

beforeAll(async () => {
  const options = { batch: 16, iterations: 160, labelShare: 1, temperature: 1, featureWeight: 0, largestNorm: 2 };
  const rate = { learningRate: 0.01, weightDecay: 0.01, optimizer: adamW() };
  const more = { augmentation: augmentations.gentle, statistics: 'batch', checkpointMs: 1e9 } as const;
  const start = initialized(untrained(), 1);
  const images = plainTrainingImages(asImages(seen));
  const { graph } = await trainFromScratch(
    'test',
    start,
    undefined,
    images,
    { ...options, ...rate, ...more },
    contextFor(cardFor(start)),
  );
  teacher = simplify(graph);
});

describe('a student of half the width', () => {
  let [taught, alone]: Graph[] = [];
  let context: RecordedContext;
  beforeAll(async () => {
    context = contextWith(24);
    taught = await applyStep(teacher, 'distill', params, context);
    alone = await applyStep(teacher, 'distill', { ...params, labels: 1 }, contextWith(24));
  });

  test('learns more from the teacher than from a few labels', async () => {
    expect(await accuracy(teacher)).toBeGreaterThan(0.85);
    expect(await accuracy(taught!)).toBeGreaterThan((await accuracy(alone!)) + 0.05);
    expect(context.notes[0]).toMatch(
      /^A student with \d\d % of the parameters learned from the float network and labels in 168 steps of 16 images, from random weights\.$/,
    );
    expect(context.notes[1]).toMatch(/^Loss on 32 images that were not trained on: \S+ in the end\.$/);
  });

  test('is thinner everywhere, and has its norms folded', () => {
    expect(countParams(taught!).params).toBeLessThan(0.4 * countParams(teacher).params);
    expect(countMacs(taught!)).toBeLessThan(0.4 * countMacs(teacher));
    expect(bytesOf(taught!)).toBeLessThan(0.6 * bytesOf(teacher));
    expect(taught!.nodes.map(({ op }) => op)).toEqual(teacher.nodes.map(({ op }) => op));
    for (const { op, inputs } of taught!.nodes)
      if (op === 'Conv') expect([8, 16]).toContain(taught!.initializers.get(inputs[1]!)!.shape[0]);
  });
});

test('the same seed gives the same file, another one another; what comes in is not changed', async () => {
  const before = fingerprintOf(teacher);
  const quick = { ...params, epochs: 1 };
  const learn = async (seed: number): Promise<string> =>
    fingerprintOf(await applyStep(teacher, 'distill', quick, { ...contextWith(0), seed }));
  const first = await learn(1);
  expect(await learn(1)).toBe(first);
  expect(await learn(2)).not.toBe(first);
  expect(fingerprintOf(teacher)).toBe(before);
});

test('a teacher whose features have places is learned from too', async () => {
  // The classifier is a convolution, as in SqueezeNet: what it reads are maps.
  const net = new NetworkBuilder(2);
  const features = net.node('Relu', [net.conv('input', 'first', 3, 16, 3)], 'features');
  const pooled = net.node('GlobalAveragePool', [net.conv(features, 'classes', 16, stripeClasses, 1)], 'pooled');
  net.node('Flatten', [pooled], 'logits');
  const graph: Graph = {
    ...net.graph,
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', stripeClasses] }],
  };
  const context = { ...contextWith(0), reference: () => Promise.resolve(graph) };
  await applyStep(graph, 'distill', { ...params, epochs: 1 }, context);
  expect(context.notes[0]).toMatch(/learned from the float network in 14 steps/);
});

test('later steps are compared with the student, and few bits cannot be learned anew', () => {
  const [student, next] = checkRecipe(parseRecipe('distill | quantize.static'));
  expect([student!.becomesReference, next!.becomesReference]).toEqual([true, false]);
  expect(() => checkRecipe(parseRecipe('quantize.weights{bits:4} | distill'))).toThrow(
    /distill cannot follow quantize\.weights/,
  );
});
