import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { parseRecipe } from '@shared/recipe-syntax';
import { describeArtifact } from '../../../src/main/engine/measure/file/describe';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { withExitTaken } from '../../../src/main/engine/onnx/exit-taken';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { parseBranching } from '../../../src/main/engine/onnx/load';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { removeDead } from '../../../src/main/engine/onnx/remove-dead';
import { encodeModel, saveModel } from '../../../src/main/engine/onnx/save';
import { everyGraph } from '../../../src/main/engine/onnx/subgraphs';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { techniques } from '../../../src/main/engine/techniques/registry';
import { contextFor, fingerprintOf, images, side, type RecordedContext } from './small-networks';
import { wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const [count, size] = [96, 3 * side * side];
const training = images(count);
const params = { views: 2, epochs: 10 };

const contextWith = (graph: Graph, data = training): RecordedContext => contextFor(wholeCard(graph), data);

async function withExits(graph: Graph, more: object = {}, context = contextWith(graph)): Promise<Graph> {
  return applyStep(graph, 'exit.early', { ...params, ...more }, context);
}

const likeliest = (scores: ArrayLike<number>): number =>
  Array.from(scores).reduce((best, score, at, all) => (score > all[best]! ? at : best), 0);

interface Answer {
  scores: number[];
  exit: number;
}

/** What the file answers to each image by itself, and where it left: read from the file's bytes, as a runtime gets them. */
async function answersOf(graph: Graph, data: Float32Array): Promise<Answer[]> {
  const told = withExitTaken(parseBranching(encodeModel(graph), 'net.onnx'));
  return runEach(told.graph, data, ({ logits, [told.output]: exit }) => ({
    scores: [...(logits as Float32Array)],
    exit: Number(exit![0]),
  }));
}

async function runEach<T>(
  graph: Graph,
  data: Float32Array,
  read: (results: Record<string, ArrayLike<number | bigint>>) => T,
): Promise<T[]> {
  const session = await ort.open(encodeModel(graph), { threads: 1 });
  try {
    const found: T[] = [];
    for (let at = 0; at < data.length; at += size) {
      const feeds = { type: 'float32' as const, shape: [1, 3, side, side], data: data.slice(at, at + size) };
      const results = await session.run({ input: feeds });
      found.push(read(Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data]))));
    }
    return found;
  } finally {
    await session.close();
  }
}

const scoresOf = async (graph: Graph, data: Float32Array): Promise<number[][]> =>
  runEach(graph, data, ({ logits }) => [...(logits as Float32Array)]);

const close = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found.map((value, at) => Math.abs(value - wanted[at]!) < 1e-4 * (1 + Math.abs(wanted[at]!)))).toEqual(
    wanted.map(() => true),
  );
};

/** Images that the thresholds were chosen on: the context hands out the same again. */
async function heldOutOf({ images: open, seed }: RecordedContext): Promise<Float32Array> {
  const { heldOut } = open('train').holdOut(count / 4, seed);
  const parts: number[] = [];
  for await (const { data } of heldOut.batches(8)) parts.push(...data);
  return Float32Array.from(parts);
}

describe('a network with exits', () => {
  let context: RecordedContext;
  let graph: Graph;
  let answers: Answer[];
  const fresh = images(64, 99);
  beforeAll(async () => {
    context = contextWith(network);
    graph = await withExits(network, { first: 0.3, second: 0.7, maxDrop: 10 }, context);
    answers = await answersOf(graph, fresh);
  });

  test('takes one image at a time and is a standard file', () => {
    expect(graph.inputs).toEqual([makeValue('input', 'float32', [1, 3, side, side])]);
    expect(graph.outputs).toEqual([makeValue('logits', 'float32', [1, 10])]);
    expect(Object.keys(graph.opsets)).toEqual(['']);
    expect(graph.nodes.at(-1)!.op).toBe('If');
    expect(new Set(answers.map(({ exit }) => exit)).size).toBeGreaterThan(1);
  });

  test('answers as the whole network does what does not leave', async () => {
    const whole = await scoresOf(network, fresh);
    const stayed = answers.flatMap(({ exit, scores }, at) => (exit === -1 ? [[scores, whole[at]!] as const] : []));
    for (const [scores, wanted] of stayed) close(scores, wanted);
  });

  test('answers what leaves with a product of the features there, the means over positions', async () => {
    const parts = everyGraph(graph).filter(({ nodes }) => nodes.some(({ op }) => op === 'If'));
    for (const [exit, { nodes, initializers }] of parts.entries()) {
      const head = nodes.findLast(({ op }) => op === 'Gemm')!;
      const pool = nodes.findLast(({ op }) => op === 'GlobalAveragePool')!;
      const features = await featuresOf(network, pool.inputs[0]!, fresh);
      const [weight, bias] = head.inputs.slice(1).map((name) => initializers.get(name)!.data as Float32Array);
      const left = answers.flatMap((answer, at) =>
        answer.exit === exit ? [[answer.scores, features[at]!] as const] : [],
      );
      expect(left.length).toBeGreaterThan(0);
      for (const [scores, x] of left)
        close(
          scores,
          Array.from(bias!, (start, row) =>
            x.reduce((sum, value, at) => sum + value * weight![row * x.length + at]!, start),
          ),
        );
    }
  });

  test('keeps the promise on images that its exits were not trained on', async () => {
    const judges = await heldOutOf(context);
    const found = await answersOf(graph, judges);
    const whole = await scoresOf(network, judges);
    const others = found.filter(({ scores }, at) => likeliest(scores) !== likeliest(whole[at]!)).length;
    expect(others).toBeLessThanOrEqual(Math.floor(0.1 * found.length));
    const left = found.filter(({ exit }) => exit >= 0).length;
    expect(left).toBeGreaterThan(0);
    const [note] = context.notes;
    const told =
      /^Of 24 held-out images (\S+) % get another class than from the whole network by thresholds chosen without them, for (\S+) % of/.exec(
        note!,
      )!;
    expect(Number(told[1])).toBeLessThanOrEqual(10);
    const percents = [...note!.matchAll(/where (\S+) % leave/g)].map(([, percent]) => Number(percent));
    expect(percents.reduce((sum, percent) => sum + percent, 0)).toBeCloseTo((100 * left) / 24, 0);
    // As a file is described: the mean over these images.
    expect(countMacs(graph) / countMacs(network)).toBeCloseTo(Number(told[2]) / 100, 2);
  });

  test('has the parameters of its heads besides', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exits-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'net.onnx');
    await saveModel(graph, path);
    const facts = await describeArtifact(path);
    const heads = everyGraph(graph).flatMap(({ nodes, initializers }) =>
      nodes.some(({ op }) => op === 'If')
        ? nodes.flatMap(({ op, inputs }) =>
            op === 'Gemm' ? inputs.slice(1).map((name) => initializers.get(name)!) : [],
          )
        : [],
    );
    const added = heads.reduce((sum, { data }) => sum + data.length, 0);
    expect(facts.params).toBe(countParams(network).params + added);
    expect(countParams({ ...graph, metadata: {} }).params).toBe(facts.params);
    expect(facts.macs).toBe(countMacs(graph));
    expect(facts.entropyBoundBytes).toBeGreaterThan(facts.params);
  });

  test('is the same for the same seed, another for another; the network that comes in is not changed', async () => {
    const before = fingerprintOf(network);
    const make = async (seed: number): Promise<string> =>
      fingerprintOf(await withExits(network, { maxDrop: 10 }, { ...contextWith(network), seed }));
    const first = await make(1);
    expect(await make(1)).toBe(first);
    expect(await make(2)).not.toBe(first);
    expect(fingerprintOf(network)).toBe(before);
  });

  test.each(techniques.map(({ id }) => id))(
    '%s is refused behind it before anything runs, and of the file',
    async (id) => {
      let refusal: AppError | undefined;
      try {
        checkRecipe(parseRecipe(`exit.early | ${id}`));
      } catch (thrown) {
        refusal = thrown as AppError;
      }
      const detail =
        'some images leave the network early, where this step works on layers that all images come through; ';
      expect(refusal?.message).toContain(`${id} cannot follow exit.early: ${detail}`);
      await expect(applyStep(graph, id, {}, context)).rejects.toThrow(detail);
    },
  );
});

/** The mean over positions of a value of a network, for each image. */
async function featuresOf(graph: Graph, value: string, data: Float32Array): Promise<number[][]> {
  const probed = copyGraph(graph);
  probed.outputs = [makeValue(value, 'float32', [])];
  return runEach(
    removeDead({ ...probed, outputs: [makeValue(value, 'float32', ['n', 'c', 'h', 'w'])] }),
    data,
    (results) => {
      const numbers = results[value] as Float32Array;
      const channels = channelsOf(graph, value);
      const positions = numbers.length / channels;
      return Array.from({ length: channels }, (_, channel) => {
        const own = numbers.slice(channel * positions, (channel + 1) * positions);
        return own.reduce((sum, each) => sum + each, 0) / positions;
      });
    },
  );
}

/** Of the layer that a value comes from, through operators that keep channels. */
function channelsOf(graph: Graph, value: string): number {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value))!;
  return node.op === 'Conv' ? graph.initializers.get(node.inputs[1]!)!.shape[0]! : channelsOf(graph, node.inputs[0]!);
}

test('as few other answers as a share of the multiply-accumulates allows', async () => {
  const context = contextWith(network);
  const graph = await withExits(network, { first: 0.3, second: 0.7, macs: 0.6 }, context);
  expect(countMacs(graph) / countMacs(network)).toBeLessThanOrEqual(0.61);
  const far = contextWith(network);
  await withExits(network, { first: 0.7, second: 0, macs: 0.2 }, far);
  expect(far.notes[1]).toBe('Exits at these places do not come down to 20.0 % in the mean: put the first one earlier.');
});

test('where no exit is sure enough, the network stays as it was', async () => {
  // The answer is where the bright pixel is, of which means over positions know nothing.
  const blind: Graph = {
    ...network,
    nodes: [
      makeNode('Conv', ['input', 'stem.weight'], ['map'], { pads: attr.ints([1, 1, 1, 1]) }),
      makeNode('Conv', ['map', 'mix.weight'], ['more'], { pads: attr.ints([1, 1, 1, 1]) }),
      makeNode('MaxPool', ['more'], ['small'], { kernel_shape: attr.ints([4, 4]), strides: attr.ints([4, 4]) }),
      makeNode('Flatten', ['small'], ['flat']),
      makeNode('Gemm', ['flat', 'wide'], ['logits']),
    ],
    initializers: new Map([
      ...[...network.initializers].filter(([name]) => ['stem.weight', 'mix.weight'].includes(name)),
      ['wide', { type: 'float32', shape: [288, 10], data: images(10).slice(0, 2880) }],
    ]),
  };
  const context = contextWith(blind);
  const graph = await withExits(blind, { maxDrop: 0 }, context);
  expect(context.notes).toEqual([
    'No exit is sure enough on 24 held-out images for what is allowed; the network was left as it was.',
  ]);
  expect(graph.inputs).toEqual(network.inputs);
});

test.each(['quantize.static', 'quantize.weights{bits:4}', 'prune.magnitude{amount:0.7}', 'quantize.dynamic'])(
  'after %s what does not leave is answered as before, and the file keeps its form',
  async (recipe) => {
    const [{ technique, params: own }] = parseRecipe(recipe) as [{ technique: string; params: object }];
    const before = await applyStep(network, technique, own, contextWith(network));
    const graph = await withExits(before, { first: 0.3, second: 0, maxDrop: 20 }, contextWith(before));
    const fresh = images(32, 5);
    const [whole, found] = [await scoresOf(before, fresh), await answersOf(graph, fresh)];
    for (const [at, { exit, scores }] of found.entries()) if (exit === -1) close(scores, whole[at]!);
    expect(found.some(({ exit }) => exit === 0)).toBe(true);
    const bytes = (each: Graph): number => encodeModel({ ...each, metadata: {} }).length;
    expect(bytes(graph) - bytes(before)).toBeLessThan(4 * 11 * 64 + 1500);
  },
);

/** The layers of a graph that ONNX Runtime runs in integers, after it optimized the file, in branches too. Its file repeats names. */
async function integerLayers(graph: Graph): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'exits-int8-'));
  try {
    const optimizedModelPath = join(folder, 'optimized.onnx');
    await (await ort.open(encodeModel(graph), { threads: 1, optimizedModelPath })).close();
    const operatorsOf = ({ node }: GraphProto): string[] =>
      node.flatMap(({ opType, attribute }) => [opType, ...attribute.flatMap(({ g }) => (g ? operatorsOf(g) : []))]);
    const optimized = fromBinary(ModelProtoSchema, readFileSync(optimizedModelPath));
    return operatorsOf(optimized.graph!)
      .filter((op) => /^QLinear(Conv|MatMul)|^QGemm$/.test(op))
      .sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('after quantize.static both parts of the file run in integers', async () => {
  const before = await applyStep(network, 'quantize.static', {}, contextWith(network));
  const graph = await withExits(before, { first: 0.3, second: 0, maxDrop: 20 }, contextWith(before));
  const layers = await integerLayers(before);
  expect(layers.length).toBeGreaterThan(5);
  expect(await integerLayers(graph)).toEqual(layers);
});

test.each(['Softmax', 'LogSoftmax'])('a %s at the end is at the end of the exits too', async (op) => {
  const ended: Graph = {
    ...network,
    nodes: [
      ...network.nodes.map((node) => ({
        ...node,
        outputs: node.outputs.map((name) => (name === 'logits' ? 'raw' : name)),
      })),
      makeNode(op, ['raw'], ['logits'], { axis: attr.int(1) }),
    ],
  };
  const graph = await withExits(ended, { first: 0.3, second: 0, maxDrop: 20 });
  const found = await answersOf(graph, images(16, 3));
  expect(found.some(({ exit }) => exit === 0)).toBe(true);
  for (const { scores } of found) {
    const sum = scores.reduce((total, score) => total + (op === 'Softmax' ? score : Math.exp(score)), 0);
    expect(sum).toBeCloseTo(1, 4);
  }
});

describe('refused is', () => {
  test('a network that takes several images at once', async () => {
    const fixed: Graph = { ...network, inputs: [makeValue('input', 'float32', [4, 3, side, side])] };
    await expect(withExits(fixed)).rejects.toThrow('it takes 4 images at once, and each has to leave by itself');
  });

  test('one that gives a single number', async () => {
    const card = { ...wholeCard(network), output: { name: 'logits', classes: 2, score: 'probability' as const } };
    await expect(withExits(network, {}, { ...contextWith(network), card })).rejects.toThrow(
      'exit.early cannot be applied to small: it gives one number an image, not a score for each class.',
    );
  });

  test('one without a place to leave', async () => {
    const short: Graph = {
      ...network,
      nodes: [makeNode('Flatten', ['input'], ['flat']), makeNode('Gemm', ['flat', 'wide'], ['logits'])],
      initializers: new Map([['wide', { type: 'float32', shape: [size, 10], data: images(10) }]]),
    };
    await expect(withExits(short)).rejects.toThrow('between its layers there is no place where an exit could read');
  });

  test('more views than there is memory for', async () => {
    await expect(withExits(network, { views: 1000 }, contextWith(network, images(6000)))).rejects.toThrow(
      /^exit\.early: "views" is 1000: what the network makes of 5000 images so often takes \d+ MB of memory/,
    );
  });
});
