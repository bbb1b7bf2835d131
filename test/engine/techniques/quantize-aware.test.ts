import { beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { checkRecipe } from '../../../src/main/engine/techniques/check-recipe';
import { techniques } from '../../../src/main/engine/techniques/registry';
import {
  contextFor,
  fingerprintOf,
  images,
  optimizedOperators,
  relativeError,
  runGraph,
  type RecordedContext,
} from './small-networks';
import { wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const fresh = images(64, 99);

function contextWith(count = 96): RecordedContext {
  return { ...contextFor(wholeCard(network), images(count)), reference: () => Promise.resolve(network) };
}

async function after(recipe: string, context = contextWith()): Promise<Graph> {
  let graph = network;
  for (const step of parseRecipe(recipe)) graph = await applyStep(graph, step.technique, step.params, context);
  return graph;
}

const errorOf = async (graph: Graph): Promise<number> =>
  relativeError(await runGraph(graph, fresh), await runGraph(network, fresh));

/** Probabilities at the temperature that training has by default. */
function answersOf(scores: Float32Array): number[] {
  const rows = Array.from({ length: scores.length / 10 }, (_, row) => [...scores.slice(10 * row, 10 * row + 10)]);
  return rows.flatMap((row) => {
    const powers = row.map((score) => Math.exp((score - Math.max(...row)) / 2));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}

/** Mean divergence of the answers from those of the float network. */
async function divergenceOf(graph: Graph): Promise<number> {
  const [found, wanted] = [await runGraph(graph, fresh), await runGraph(network, fresh)].map(answersOf);
  return wanted!.reduce((sum, p, at) => sum + p * Math.log(p / Math.max(found![at]!, 1e-30)), 0) / 64;
}

const integersOf = (graph: Graph, type: 'int8' | 'int32'): number[][] =>
  [...graph.initializers.values()]
    .filter((tensor) => tensor.type === type && tensor.data.length > 1)
    .map(({ data }) => Array.from(data as Int8Array, Number));

/** A step of next to no length: what comes out is what calibration gave. */
const still = 'iterations:1, batch:8, learningRate:1.0e-12, scaleRate:1.0e-12';

describe('where training begins', () => {
  test.each([
    ['', ''],
    ['weights:tensor', 'weights:tensor'],
    ['calibration:percentile', 'calibration:percentile'],
    ['profile:tflite', 'profile:tflite'],
    ['profile:tensorrt', 'profile:tensorrt'],
    ['keepFirst:true, excludeTypes:[Add]', 'keepFirst:true, excludeTypes:[Add]'],
  ])('it is what quantize.static gives: %s', async (params, same) => {
    const aware = await after(`quantize.aware{${[still, params].filter(Boolean).join(', ')}}`);
    const plain = await after(`quantize.static{${same}}`);
    expect(aware.nodes.map(({ op }) => op)).toEqual(plain.nodes.map(({ op }) => op));
    expect(integersOf(aware, 'int8')).toEqual(integersOf(plain, 'int8'));
    expect(await errorOf(aware)).toBeCloseTo(await errorOf(plain), 3);
    expect(encodeModel(aware).length).toBeLessThan(encodeModel(plain).length + 500);
  });
});

describe('a network that is quantized already', () => {
  test.each([
    ['quantize.static', ''],
    ['quantize.static{weights:tensor, calibration:mse}', 'weights:tensor'],
    ['quantize.static{profile:tflite} | correctBias', 'profile:tflite'],
    ['quantize.static{profile:tensorrt}', 'profile:tensorrt'],
    ['quantize.static{keepFirst:true, excludeTypes:[Add]}', 'keepFirst:true, excludeTypes:[Add]'],
    [`quantize.aware{weightBits:4, activationBits:4, ${still}}`, 'weightBits:4, activationBits:4'],
    ['reconstruct{bits:4, activations:4, endBits:8, iterations:4}', 'weightBits:4, activationBits:4'],
  ])('behind %s training begins where that ended', async (recipe, params) => {
    const context = contextWith();
    const aware = await after(`${recipe} | quantize.aware{${[still, params].filter(Boolean).join(', ')}}`, context);
    const before = await after(recipe);
    const [found, wanted] = [await runGraph(aware, fresh), await runGraph(before, fresh)];
    // Biases are rounded once more.
    expect(relativeError(found, wanted)).toBeLessThan(2e-3);
    expect(integersOf(await decodeWeights(aware), 'int8')).toEqual(integersOf(await decodeWeights(before), 'int8'));
    expect(context.notes).toContain('The network came in integers: training began at the scales that it came with.');
  });

  test.each(['', 'quantize.static | '])('%sa layer that reads a value times a constant', async (before) => {
    const divided = { ...network, nodes: [...network.nodes], initializers: new Map(network.initializers) };
    const layer = divided.nodes.findIndex(({ op, inputs }, at) => at > 0 && op === 'Conv' && inputs[0] !== 'input');
    const { inputs } = divided.nodes[layer]!;
    divided.initializers.set('six', float32Tensor([], [6]));
    divided.nodes[layer] = { ...divided.nodes[layer]!, inputs: ['sixth', ...inputs.slice(1)] };
    divided.nodes.splice(layer, 0, makeNode('Div', [inputs[0]!, 'six'], ['sixth']));
    let graph: Graph = divided;
    for (const step of parseRecipe(`${before}quantize.aware{${still}}`))
      graph = await applyStep(graph, step.technique, step.params, contextWith());
    const [found, wanted] = [await runGraph(graph, fresh), await runGraph(divided, fresh)];
    expect(relativeError(found, wanted)).toBeLessThan(0.1);
  });

  test('weights in few bits keep their codes where more are asked for, and are trained where as many are', async () => {
    const kept = 'Weights that an earlier step stored in few bits kept their codes.';
    const notesOf = async (recipe: string): Promise<string[]> => {
      const context = contextWith();
      await after(recipe, context);
      return context.notes;
    };
    expect(await notesOf(`quantize.weights{bits:3} | quantize.static | quantize.aware{${still}}`)).toContain(kept);
    const rounded = `quantize.aware{weightBits:3, edgeBits:3, ${still}}`;
    expect(await notesOf(`${rounded} | quantize.aware{weightBits:3, edgeBits:3, ${still}}`)).not.toContain(kept);
  });

  test('learned rounding in 4 bits is a better start than calibration', async () => {
    const train = 'quantize.aware{weightBits:4, activationBits:4, epochs:10, batch:8, learningRate:0.0003}';
    const lossesOf = async (recipe: string): Promise<{ before: number; after: number }> => {
      const context = contextWith();
      await after(recipe, context);
      const [, first, last] = context.notes.map((note) => /(\S+) before, (\S+) after/.exec(note)).find(Boolean)!;
      return { before: Number(first), after: parseFloat(last!) };
    };
    const rounded = await lossesOf(`reconstruct{bits:4, activations:4, endBits:8, iterations:40} | ${train}`);
    expect(rounded.before).toBeLessThan(0.5 * (await lossesOf(train)).before);
    expect(rounded.after).toBeLessThan(0.8 * rounded.before);
  });

  test('scales for another number of codes are found anew', async () => {
    const aware = await after(`quantize.static | quantize.aware{weightBits:4, activationBits:4, ${still}}`);
    const context = contextWith();
    const plain = await after(`quantize.aware{weightBits:4, activationBits:4, ${still}}`, context);
    expect(await errorOf(aware)).toBeLessThan(1.3 * (await errorOf(plain)));
  });

  test('one that computes with the codes themselves is refused', async () => {
    const graph = await after('quantize.static');
    const pool = graph.nodes.find(({ op }) => op === 'MaxPool')!;
    const [quantize, dequantize] = [
      graph.nodes.find(({ inputs, op }) => op === 'QuantizeLinear' && inputs[0] === pool.outputs[0])!,
      graph.nodes.find(({ outputs, op }) => op === 'DequantizeLinear' && outputs[0] === pool.inputs[0])!,
    ];
    pool.inputs[0] = dequantize.inputs[0]!;
    pool.outputs = quantize.outputs;
    graph.nodes = graph.nodes.filter((node) => node !== quantize);
    await expect(applyStep(graph, 'quantize.aware', {}, contextWith())).rejects.toThrow(
      /computes with the codes themselves/,
    );
  });
});

describe.each([
  ['8 bits, one scale a layer', 'weights:tensor', 0.0001, 0.9],
  ['4 bits', 'weightBits:4, activationBits:4', 0.001, 0.4],
  ['2-bit weights', 'weightBits:2', 0.001, 0.4],
])('%s', (_, params, learningRate, most) => {
  let before: Graph;
  let trained: Graph;
  let context: RecordedContext;
  beforeAll(async () => {
    before = await after(`quantize.aware{${params}, ${still}}`);
    context = contextWith();
    trained = await after(`quantize.aware{${params}, epochs:10, batch:8, learningRate:${learningRate}}`, context);
  });

  test('images it has not seen get answers closer to those of the float network', async () => {
    expect(await divergenceOf(trained)).toBeLessThan(most * (await divergenceOf(before)));
    expect(context.notes[0]).toBe('Trained for 110 steps of 8 images, by the float network alone.');
    expect(context.notes[1]).toMatch(/^Loss on 8 images that were not trained on: \S+ before, \S+ after[.;]/);
  });

  test('it is computed in integers from end to end', async () => {
    const [found, plain] = [
      await optimizedOperators(trained),
      await optimizedOperators(await after('quantize.static')),
    ];
    const layers = ({ QLinearConv = 0, QGemm = 0 }: Record<string, number>): number[] => [QLinearConv, QGemm];
    expect(layers(found)).toEqual(layers(plain));
    for (const op of ['Conv', 'FusedConv', 'Gemm', 'Add', 'Relu', 'MaxPool'])
      expect(found[op] ?? 0).toBe(plain[op] ?? 0);
  });
});

test('few bits make a smaller file', async () => {
  const bytes = async (bits: number): Promise<number> =>
    encodeModel(await after(`quantize.aware{weightBits:${bits}, ${still}}`)).length;
  const sizes = [await bytes(8), await bytes(4), await bytes(2)];
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(sizes[1]).toBeLessThan(0.8 * sizes[0]!);
});

/** Constants that layers read as weights, by layer: codes where they are read from codes. */
async function weightsOf(graph: Graph): Promise<Map<string, number[]>> {
  const { nodes, initializers } = await decodeWeights(graph);
  const layers = nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm');
  return new Map(
    layers.map(({ name, inputs }) => {
      const decode = nodes.find(({ outputs }) => outputs[0] === inputs[1]);
      const { data } = initializers.get(decode?.inputs[0] ?? inputs[1]!)!;
      return [name, Array.from(data as Float32Array, Number)];
    }),
  );
}

test.each(['prune.magnitude{amount:0.6}', 'prune.magnitude{pattern:"2:4"}'])(
  'after %s, zeros stay zeros',
  async (recipe) => {
    const pruned = await weightsOf(await after(recipe));
    const trained = await weightsOf(
      await after(`${recipe} | quantize.aware{weightBits:6, epochs:2, batch:8, learningRate:0.001}`),
    );
    for (const [layer, codes] of trained)
      expect(codes.filter((code, at) => code !== 0 && pruned.get(layer)![at] === 0)).toEqual([]);
  },
);

test.each([
  'quantize.weights{bits:4}',
  'cluster.weights{clusters:8}',
  'binarize.weights{keepFirst:false, keepLast:false}',
])('after %s, codes of weights stay what they are, and their scales too', async (recipe) => {
  const context = contextWith();
  const trained = await after(`${recipe} | quantize.aware{iterations:8, batch:8, learningRate:0.001}`, context);
  const before = await after(`${recipe} | quantize.static`);
  expect(integersOf(await decodeWeights(trained), 'int8')).toEqual(integersOf(await decodeWeights(before), 'int8'));
  expect(encodeModel(trained).length).toBeLessThan(encodeModel(before).length + 500);
  expect(context.notes).toContain('Weights that an earlier step stored in few bits kept their codes.');
});

test('the same seed gives the same file, another one another; what comes in is not changed', async () => {
  const before = fingerprintOf(network);
  const quantize = async (seed: number): Promise<string> =>
    fingerprintOf(
      await after('quantize.aware{weightBits:4, epochs:1, batch:8, learningRate:0.001}', {
        ...contextWith(),
        seed,
        threads: 2,
      }),
    );
  const first = await quantize(1);
  expect(await quantize(1)).toBe(first);
  expect(await quantize(2)).not.toBe(first);
  expect(fingerprintOf(network)).toBe(before);
});

test('a network that does not gain keeps what calibration gave, and that is said', async () => {
  const context = contextWith();
  const trained = await after('quantize.aware{iterations:5, batch:8, learningRate:0.5}', context);
  expect(context.notes[1]).toContain('It did not fall, so weights and scales are those that calibration gives.');
  expect(fingerprintOf({ ...trained, metadata: {} })).toBe(
    fingerprintOf({ ...(await after('quantize.static')), metadata: {} }),
  );
});

test('no scale of an activation with bounds grows beyond them: runtimes would compute it in floats', async () => {
  const trained = await after('quantize.aware{iterations:20, batch:8, scaleRate:0.1}');
  expect((await optimizedOperators(trained))['Clip']).toBeUndefined();
});

const orders = techniques
  .filter(({ id }) => id !== 'quantize.aware')
  .flatMap(({ id }) => [
    [id, 'quantize.aware'],
    ['quantize.aware', id],
  ]);
const isRefused = (ids: string[]): boolean => {
  const steps = ids.map((technique) => ({ technique, params: {} }));
  try {
    checkRecipe(steps);
    return false;
  } catch (thrown) {
    if ((thrown as AppError).code === 'technique.order') return true;
    throw new Error(formatRecipe(steps), { cause: thrown });
  }
};

/** What these leave is quantized: training goes on with it. */
const goesOn = (ids: string[]): boolean => ids[1] === 'quantize.aware' && ids[0] === 'quantize.static';

test.each(orders)('%s | %s is refused where quantize.static is', (...ids) => {
  if (goesOn(ids)) expect(isRefused(ids)).toBe(false);
  else expect(isRefused(ids)).toBe(isRefused(ids.map((id) => (id === 'quantize.aware' ? 'quantize.static' : id))));
});

test('without training images', async () => {
  const context = contextWith();
  const none = { ...context.images('train'), count: 0 };
  const images: RecordedContext['images'] = (split) => ({ calibration: context.calibration, train: none })[split];
  await expect(after('quantize.aware', { ...context, images })).rejects.toThrow(/^quantize\.aware failed: it needs/);
});
