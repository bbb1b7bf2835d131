import { describe, expect, test } from 'vitest';
import { MatrixProducts, type Matrix } from '../../../src/main/engine/compression/algebra/matrix-products';
import { formOf } from '../../../src/main/engine/compression/layers/network-form';
import { fitGates } from '../../../src/main/engine/gates/fit-gates';
import { gateNetwork, keptChannels } from '../../../src/main/engine/gates/gate-network';
import { chainsFrom } from '../../../src/main/engine/gates/gated-chains';
import { chainTimes } from '../../../src/main/engine/gates/gating-estimate';
import { kernelRidge } from '../../../src/main/engine/gates/kernel-ridge';
import { maskedNetwork, withoutMasks } from '../../../src/main/engine/gates/masked-network';
import { pickingNetwork } from '../../../src/main/engine/gates/picking-network';
import { readCard } from '../../../src/main/engine/models/card';
import { countMacs, countParams } from '../../../src/main/engine/onnx/count';
import { singleBatch } from '../../../src/main/engine/onnx/classifier';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { attr, float32Tensor, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import type { zooNames } from '../../fixtures/zoo';
import { hasZoo, needsZoo, zooPath } from '../../fixtures/zoo';
import {
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  NetworkBuilder,
  numbersFrom,
  relativeError,
  runGraph,
  side,
  type RecordedContext,
} from './small-networks';

const size = 3 * side * side;

/** A bottleneck of three convolutions with a sum, a pair with padding, and an expansion with a depthwise layer. */
function gateable(seed = 5): Graph {
  const net = new NetworkBuilder(seed);
  net.constant('zero', float32Tensor([], [0]));
  net.constant('six', float32Tensor([], [6]));
  const stem = net.node('Relu', [net.conv('input', 'stem', 3, 16, 3)], 'stem.relu');
  const narrow = net.node('Relu', [net.conv(stem, 'narrow', 16, 24, 1)], 'narrow.relu');
  const middle = net.node('Relu', [net.conv(narrow, 'middle', 24, 24, 3)], 'middle.relu');
  const wide = net.node('Relu', [net.node('Add', [net.conv(middle, 'widen', 24, 16, 1), stem], 'sum')], 'sum.relu');
  const first = net.node('MaxPool', [net.conv(wide, 'first', 16, 32, 3, { bias: false })], 'pool', {
    kernel_shape: attr.ints([2, 2]),
    strides: attr.ints([2, 2]),
  });
  const half = net.node('MaxPool', [wide], 'half', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  const second = net.node('Add', [net.conv(first, 'second', 32, 16, 3), half], 'second.sum');
  const expand = net.node('Clip', [net.conv(second, 'expand', 16, 40, 1), 'zero', 'six'], 'expand.relu6');
  const deep = net.node('Relu', [net.conv(expand, 'depthwise', 40, 40, 3, { group: 40 })], 'depthwise.relu');
  return net.head(net.conv(deep, 'project', 40, 16, 1), 16, 10);
}

const network = simplify(gateable());
const context = (data = images(48)): RecordedContext => contextFor(cardFor(network), data);

async function gated(more: object = {}, own = context(), graph = network): Promise<Graph> {
  return applyStep(graph, 'gate.channels', { speedUp: 0, maxDrop: 100, ...more }, own);
}

/** Each image by itself, as a runtime gets them. */
async function eachOf(graph: Graph, data: Float32Array): Promise<Float32Array> {
  const found: number[] = [];
  for (let at = 0; at < data.length; at += size) found.push(...(await runGraph(graph, data.slice(at, at + size))));
  return Float32Array.from(found);
}

const longestOf = (graph: Graph) => {
  const used = new Set();
  return [...chainsFrom(graph, () => false).values()].flatMap((chains) => {
    const chain = chains.at(-1);
    const nodes = chain?.hidden.flatMap(({ makers, reader }) => [...makers, reader]) ?? [];
    if (!chain || nodes.some((node) => used.has(node))) return [];
    for (const node of nodes) used.add(node);
    return [chain];
  });
};

const maskedWith = async (keptOf: (channels: number) => number) => {
  const chains = longestOf(network);
  const gates = await fitGates(network, chains, 48, context(), 'gate.channels');
  return maskedNetwork(network, chains, (hidden) => gates.get(hidden)!, keptOf);
};

test('chains are found between convolutions that nobody else reads, through depthwise ones and pools', () => {
  const shown = longestOf(network).map(({ input, hidden }) => [
    input,
    ...hidden.map(({ makers, reader }) => [...makers, reader].map(({ name }) => name).join(' ')),
  ]);
  expect(shown).toEqual([
    ['stem.relu', 'narrow middle', 'middle widen'],
    ['sum.relu', 'first second'],
    ['second.sum', 'expand depthwise project'],
  ]);
});

describe('with every channel kept', () => {
  test('the network computes what it did', async () => {
    const all = await maskedWith((channels) => channels);
    const [data, wanted] = [images(6, 3), await runGraph(network, images(6, 3))];
    expect(relativeError(await runGraph(all.graph, data), wanted)).toBeLessThan(1e-6);
    expect(relativeError(await eachOf(pickingNetwork(all), data), wanted)).toBeLessThan(1e-6);
  });

  test('so it does without masks', async () => {
    const half = await maskedWith(keptChannels(0.5));
    const [data, wanted] = [images(6, 3), await runGraph(network, images(6, 3))];
    expect(relativeError(await runGraph(withoutMasks(half), data), wanted)).toBeLessThan(1e-6);
    expect(relativeError(await runGraph(half.graph, data), wanted)).toBeGreaterThan(1e-2);
  });
});

test('what is picked for one image is what masks leave of many', async () => {
  const half = await maskedWith(keptChannels(0.5));
  const data = images(12, 9);
  expect(relativeError(await eachOf(pickingNetwork(half), data), await runGraph(half.graph, data))).toBeLessThan(1e-5);
});

describe('the file', () => {
  const fresh = images(4, 21);

  test('is a standard one that takes one image at a time', async () => {
    const before = fingerprintOf(network);
    const own = context();
    const graph = await gated({}, own);
    expect(fingerprintOf(network)).toBe(before);
    expect(graph.inputs).toEqual([makeValue('input', 'float32', [1, 3, side, side])]);
    expect(graph.outputs).toEqual([makeValue('logits', 'float32', [1, 10])]);
    expect(Object.keys(graph.opsets)).toEqual(['']);
    expect(formOf(graph).path).toBe('gates');
    expect([...(await runGraph(graph, fresh.slice(0, size)))].every(Number.isFinite)).toBe(true);
    expect(own.notes[0]).toMatch(
      /^3 layers compute 0\.5 of the channels for each image, in chains that are estimated to run/,
    );
    expect(own.notes[1]).toMatch(/^Of 12 held-out images \S+ % get the class of the whole network\.$/);
  });

  test('is the same for the same seed', async () => {
    expect(fingerprintOf(await gated())).toBe(fingerprintOf(await gated()));
  });

  test('has the gates besides, and counts what an image takes', async () => {
    const graph = await gated();
    // Two gates in a row save less than one here. What is seen has 16 channels; a layer without bias gets one where it is refitted.
    // A pointwise reader has a number that stands in for each channel left out.
    const gates = (24 + 32 + 40) * 17 + 40;
    const added = countParams(graph).params - countParams(network).params;
    expect([gates, gates + 32]).toContain(added);
    const [area, pooled] = [side * side, (side * side) / 4];
    const kept = [24, 32, 40].map(keptChannels(0.5));
    // Groups of eight.
    expect(kept).toEqual([16, 16, 24]);
    const [narrow, first, expand] = kept as [number, number, number];
    const convolutions =
      area * (27 * 16 + 16 * narrow + narrow * 24 * 9 + 24 * 16 + 16 * first * 9) +
      pooled * (first * 16 * 9 + 16 * expand + expand * 9 + expand * 16);
    expect(countMacs(graph)).toBe(convolutions + 160 + 16 * (24 + 32 + 40) + 16 * expand);
  });

  test('answers as plain arithmetic does that leaves out what the gates score lowest', async () => {
    const data = fresh.slice(0, size);
    expect(relativeError(await runGraph(await bottleneck(), data), plainAnswer(await bottleneck(), data))).toBeLessThan(
      1e-5,
    );
  });
});

/** Two convolutions with a gate. */
async function bottleneck(): Promise<Graph> {
  const net = new NetworkBuilder(8);
  const stem = net.node('Relu', [net.conv('input', 'stem', 3, 16, 1)], 'stem.relu');
  const hidden = net.node('Relu', [net.conv(stem, 'make', 16, 24, 3)], 'make.relu');
  return gated({ refit: false }, context(), net.head(net.conv(hidden, 'read', 24, 8, 3), 8, 10));
}

/** The network above, channel by channel. */
function plainAnswer({ initializers }: Graph, data: Float32Array): number[] {
  const numbers = (name: string): Float32Array => initializers.get(name)!.data as Float32Array;
  const mean = (map: Float32Array): number => map.reduce((sum, value) => sum + value, 0) / map.length;
  const mapsOf = (values: Float32Array): Float32Array[] =>
    Array.from({ length: values.length / side ** 2 }, (_, at) => values.slice(at * side ** 2, (at + 1) * side ** 2));
  const stem = convolve(mapsOf(data), initializers.get('stem.weight')!, numbers('stem.bias'), () => true);
  const seen = stem.map((map) => map.map((value) => Math.max(0, value)));
  const means = seen.map(mean);
  const weight = numbers('make_gate');
  const scores = [...numbers('make_gate_bias')].map((bias, row) =>
    means.reduce((sum, value, at) => sum + value * weight[row * means.length + at]!, bias),
  );
  const least = [...scores].sort((a, b) => b - a)[Number(initializers.get('make_kept')!.data[0]) - 1]!;
  const isKept = (channel: number): boolean => scores[channel]! >= least;
  const made = convolve(seen, initializers.get('make.weight')!, numbers('make.bias'), isKept);
  const hidden = made.map((map, channel) => map.map((value) => (isKept(channel) ? Math.max(0, value) : 0)));
  const read = convolve(hidden, initializers.get('read.weight')!, numbers('read.bias'), () => true).map(mean);
  return [...numbers('fc.bias')].map((bias, row) =>
    read.reduce((sum, value, at) => sum + value * numbers('fc.weight')[row * read.length + at]!, bias),
  );
}

/** Odd kernels, padded so that maps keep their size. Channels that are not wanted are zero. */
function convolve(
  maps: readonly Float32Array[],
  { shape, data }: Tensor,
  bias: Float32Array,
  isWanted: (channel: number) => boolean,
): Float32Array[] {
  const [outputs = 0, inputs = 0, kernel = 1] = shape;
  const pad = kernel >> 1;
  return Array.from({ length: outputs }, (_, channel) =>
    Float32Array.from({ length: side ** 2 }, (__, position) => {
      if (!isWanted(channel)) return 0;
      let sum = bias[channel]!;
      for (let input = 0; input < inputs; input++)
        for (let at = 0; at < kernel ** 2; at++) {
          const row = Math.floor(position / side) + Math.floor(at / kernel) - pad;
          const column = (position % side) + (at % kernel) - pad;
          if (row < 0 || row >= side || column < 0 || column >= side) continue;
          const weight = (data as Float32Array)[(channel * inputs + input) * kernel ** 2 + at]!;
          sum += weight * maps[input]![row * side + column]!;
        }
      return sum;
    }),
  );
}

test('refitting what is behind the gates brings the answers nearer', async () => {
  const data = images(32, 77);
  const wanted = await runGraph(network, data);
  const own = (): RecordedContext => context(images(256));
  const errorOf = async (refit: boolean): Promise<number> =>
    relativeError(await eachOf(await gated({ refit }, own()), data), wanted);
  expect(await errorOf(true)).toBeLessThan(0.7 * (await errorOf(false)));
});

describe('left alone are', () => {
  test('layers that are named', async () => {
    const own = context();
    const graph = await gated({ exclude: ['middle', 'exp*'] }, own);
    expect(own.notes[0]).toMatch(/^1 layer computes/);
    expect(graph.nodes.filter(({ op }) => op === 'TopK')).toHaveLength(1);
  });

  test('layers that are estimated not to gain', async () => {
    const own = context();
    const options = { keep: 0.5, maxDrop: 100, refit: false, images: 48, isLeft: () => false };
    const timed = longestOf(network).map((chain) => {
      const shapes = inferShapes(network, singleBatch(network));
      const { whole, gated: time } = chainTimes(network, chain, keptChannels(0.5), shapes);
      return whole / time;
    });
    const between = [...timed].sort((a, b) => b - a)[0]! - 1e-6;
    const { chains, slower } = await gateNetwork('gate.channels', network, { ...options, least: between }, own);
    expect(chains).toHaveLength(1);
    expect(slower).toBeGreaterThan(0);
  });
});

test('no more layers are gated than leave enough images their class', async () => {
  // Without the mean of the answers, which is far more than what images differ by.
  const scores = await runGraph(network, images(48));
  const bias = Float32Array.from(network.initializers.get('fc.bias')!.data as Float32Array, (value, at) =>
    scores.reduce((sum, score, index) => (index % 10 === at ? sum - score / 48 : sum), value),
  );
  const initializers = new Map(network.initializers).set('fc.bias', float32Tensor([10], bias));
  const own = context();
  const graph = await gated({ maxDrop: 0, keep: 0.1 }, own, { ...network, initializers });
  expect(graph.nodes.filter(({ op }) => op === 'TopK').length).toBeLessThan(3);
  expect(own.notes.join(' ')).toMatch(/\d more would change the class of more images than is allowed/);
});

test('ridge regression finds what is linear, and the mean where nothing is told', async () => {
  const [samples, inputs, outputs] = [12, 5, 3];
  const random = numbersFrom(4);
  const matrix = (rows: number, columns: number): Matrix => ({
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => random() * 4 - 1),
  });
  const x = matrix(samples, inputs);
  const y: Matrix = { rows: samples, columns: outputs, data: new Float32Array(samples * outputs) };
  // Linear in two of the inputs.
  for (let row = 0; row < samples; row++)
    for (let at = 0; at < outputs; at++)
      y.data[row * outputs + at] = 2 * x.data[row * inputs]! - at * x.data[row * inputs + 1]! + 3;
  const products = await MatrixProducts.open(1);
  try {
    const { weight, bias } = await kernelRidge(x, y, products);
    for (let at = 0; at < outputs; at++) {
      const row = [...weight.data.slice(at * inputs, (at + 1) * inputs)];
      row.forEach((value, column) => expect(value).toBeCloseTo([2, -at][column] ?? 0, 0));
      expect(bias[at]).toBeCloseTo(3, 0);
    }
    const noise = matrix(samples, outputs);
    const constant = await kernelRidge({ ...x, data: new Float32Array(x.data.length) }, noise, products);
    expect(Math.max(...constant.weight.data.map(Math.abs))).toBe(0);
    constant.bias.forEach((value, at) => {
      const own = Array.from({ length: samples }, (_, row) => noise.data[row * outputs + at]!);
      expect(value).toBeCloseTo(own.reduce((sum, each) => sum + each, 0) / samples, 5);
    });
  } finally {
    await products.close();
  }
});

describe('refused is', () => {
  test('a network whose layers are too small to gain', async () => {
    await expect(applyStep(network, 'gate.channels', {}, context())).rejects.toThrow(
      /^gate\.channels cannot be applied to small: with 0\.5 of the channels no convolution would be faster: picking weights for each image takes longer than it saves \(estimated speed-up at best 0\.\d\d, wanted 1\.1\)\.$/,
    );
  });

  test('one without two convolutions in a row', async () => {
    const net = new NetworkBuilder(1);
    const graph = net.head(net.conv('input', 'only', 3, 8, 3), 8, 10);
    await expect(gated({}, context(), graph)).rejects.toThrow(
      'it has no convolution of 8 or more channels that is read by one other convolution alone, be it through depthwise ones',
    );
  });

  test('one that takes several images at once', async () => {
    const fixed: Graph = { ...network, inputs: [makeValue('input', 'float32', [4, 3, side, side])] };
    await expect(gated({}, context(), fixed)).rejects.toThrow('it takes 4 images at once');
  });

  test('more than 0.6 of the channels', async () => {
    await expect(gated({ keep: 0.7 })).rejects.toThrow('"keep"');
  });

  test('a name that no layer has', async () => {
    await expect(gated({ exclude: ['nowhere'] })).rejects.toThrow('nothing in the network fits "nowhere" of "exclude"');
  });
});

test('sums and branches within are left whole', async () => {
  const graph = await gated({}, context(), mixedNetwork());
  expect(graph.nodes.filter(({ op }) => op === 'TopK')).toHaveLength(1);
});

describe(`of the networks people use${needsZoo}`, () => {
  const after = async (
    name: (typeof zooNames)[number],
    params: object,
  ): Promise<{ before: Graph; graph: Graph; notes: string[] }> => {
    const card = (await readCard(zooPath(name)))!;
    const before = await loadModel(zooPath(name));
    const random = numbersFrom(1);
    const pictures = Float32Array.from({ length: 8 * 3 * 224 * 224 }, () => random() * 2 - 1);
    const own = contextFor(card, pictures, [3, 224, 224]);
    return { before, graph: await applyStep(before, 'gate.channels', params, own), notes: own.notes };
  };

  test.skipIf(!hasZoo)('resnet50 has fewer multiply-accumulates, and runs', async () => {
    const { before, graph, notes } = await after('resnet50', { refit: false, maxDrop: 100 });
    expect(notes[0]).toMatch(/^\d\d layers compute 0\.5 of the channels/);
    expect(countMacs(graph) / countMacs(before)).toBeLessThan(0.6);
    expect(await runGraph(graph, new Float32Array(3 * 224 * 224), [3, 224, 224])).toHaveLength(1000);
  });

  test.skipIf(!hasZoo)(
    'mobilenetv2 is refused: depthwise layers with weights picked at run time are slow',
    async () => {
      await expect(after('mobilenetv2', {})).rejects.toThrow(
        /no convolution would be faster: .*\(estimated speed-up at best 0\.\d/,
      );
    },
  );

  test.skipIf(!hasZoo)('squeezenet is refused: two convolutions read what one makes', async () => {
    await expect(after('squeezenet1.1', {})).rejects.toThrow(
      'it has no convolution of 8 or more channels that is read by one other',
    );
  });
});
