import { expect, test } from 'vitest';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import { decodeCodes } from '../../../src/main/engine/compression/storage/bit-planes';
import { affineGrid } from '../../../src/main/engine/compression/storage/few-bit-grid';
import { GradientWriter } from '../../../src/main/engine/gradients/gradient-writer';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { roundingUnits } from '../../../src/main/engine/training/rounding/rounding-units';
import { indecision, softenWeights, type AffineLayer } from '../../../src/main/engine/training/rounding/soft-rounding';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { mixedNetwork, NetworkBuilder } from '../techniques/small-networks';
import { wholeNetwork } from '../techniques/whole-network';

/** Units as names of their nodes. */
function unitsOf(network: Graph, by: 'block' | 'layer'): string[] {
  const graph = simplify(network);
  return roundingUnits(graph, weightLayers(graph), by).map(
    ({ nodes, entry, exit, isLinear }) =>
      `${entry} > ${nodes.map((at) => graph.nodes[at]!.name).join(' ')} > ${exit}${isLinear ? ' (linear)' : ''}`,
  );
}

test('blocks lie between values that all paths pass through, with the activation behind them', () => {
  const [stem, inverted, residual, tail, hidden, last] = unitsOf(wholeNetwork(), 'block');
  expect(stem).toMatch(/^input > stem stem\.relu > stem\.relu$/);
  expect(inverted).toBe('pool > expand expand.relu6 depthwise depth.relu6 project sum > sum');
  expect(residual).toBe('sum > mix mixed > mixed');
  expect(tail).toBe('mixed > tail tail.relu > tail.relu');
  expect(hidden).toBe('flat > hidden hidden.relu > hidden.relu');
  expect(last).toBe('hidden.relu > logits > logits (linear)');
  expect(unitsOf(mixedNetwork(), 'block')).toContain('joined > mix residual residual.relu > residual.relu');
});

test('layers each have their activation', () => {
  expect(unitsOf(wholeNetwork(), 'layer').slice(1, 5)).toEqual([
    'pool > expand expand.relu6 > expand.relu6',
    'expand.relu6 > depthwise depth.relu6 > depth.relu6',
    'depth.relu6 > project > project (linear)',
    'sum > mix > mix (linear)',
  ]);
});

test('layers around a depthwise one that end without an activation are a block, also without a sum', () => {
  const net = new NetworkBuilder(1);
  const relu = (value: string): string => net.node('Relu', [value], `${value}.relu`);
  const first = relu(net.conv('input', 'first', 3, 8, 3));
  const wide = relu(net.conv(first, 'wide', 8, 16, 1));
  const narrow = net.conv(relu(net.conv(wide, 'depthwise', 16, 16, 3, { group: 16 })), 'narrow', 16, 8, 1);
  const graph = net.head(net.conv(narrow, 'after', 8, 8, 1), 8, 10);
  expect(unitsOf(graph, 'block')).toEqual([
    'input > first first.relu > first.relu',
    'first.relu > wide wide.relu depthwise depthwise.relu narrow > narrow',
    'narrow > after > after (linear)',
    'flat > logits > logits (linear)',
  ]);
});

function rounded(graph: Graph, bits: number): AffineLayer[] {
  return weightLayers(graph).map((layer) => {
    const rows = weightRows(layer);
    const grid = affineGrid(rows, { bits, rowsPerGroup: 1 }, true);
    const codes = Uint8Array.from(rows.data, (value, at) => grid.codeOf(Math.floor(at / rows.columns), value));
    if (!('scale' in grid.decode)) throw new Error('the grid is not affine');
    return { layer, rows, codes, grid: { ...grid, decode: grid.decode } };
  });
}

const valuesOf = ({ rows, codes, grid }: AffineLayer): Float32Array =>
  decodeCodes({
    codes,
    bits: grid.bits,
    shape: rows.shape,
    rowLength: rows.columns,
    decode: grid.decode,
  }) as Float32Array;

const product = makeGraph({
  inputs: [makeValue('input', 'float32', [2, 6])],
  outputs: [makeValue('output', 'float32', [2, 5])],
  nodes: [makeNode('Gemm', ['input', 'weight'], ['output'], { transB: attr.int(1) })],
  initializers: { weight: noiseTensor([5, 6], 4) },
});

test.each([2, 3, 8])(
  '%i bits: soft weights begin beside their codes, on the side of the float weights',
  async (bits) => {
    const layers = rounded(product, bits);
    const soft = softenWeights(product, layers);
    const [start, codes] = [soft.graph.initializers, valuesOf(layers[0]!)];
    // What is rounded at the start is what it was.
    expect(soft.harden(start)).toEqual(layers);
    const graph = { ...soft.graph, outputs: [makeValue('weight', 'float32', [5, 6])] };
    const found = await runGraph(graph, { input: noiseTensor([2, 6], 1) });
    const weights = product.initializers.get('weight')!.data as Float32Array;
    const { scale } = layers[0]!.grid.decode;
    Object.values(found)[0]!.data.forEach((value, at) => {
      const step = Math.abs(scale[Math.floor(at / 6)]!);
      const moved = (Number(value) - codes[at]!) / step;
      expect(Math.abs(moved)).toBeCloseTo(0.02, 4);
      // Beyond the last code there is none to go to.
      const away = weights[at]! - codes[at]!;
      const isInside = Math.abs(away) <= step / 2 && Math.abs(away) > 1e-6 * step;
      const isLast = [0, 2 ** bits - 1].includes(layers[0]!.codes[at]!);
      if (isInside && !isLast) expect(Math.sign(moved)).toBe(Math.sign(away));
    });
  },
);

test('a rounding on the other side is the neighbouring code', () => {
  const layers = rounded(product, 3);
  const soft = softenWeights(product, layers);
  const name = [...soft.parameters.keys()].find((each) => each.endsWith('rounding'))!;
  const start = soft.graph.initializers.get(name)!;
  const turned = (start.data as Float32Array).map((value) => -value);
  const [other] = soft.harden(new Map([...soft.graph.initializers, [name, { ...start, data: turned }]]));
  other!.codes.forEach((code, at) => expect(Math.abs(code - layers[0]!.codes[at]!)).toBe(1));
});

test('indecision is the mean of 1 - |2 h - 1|^power', async () => {
  const shares = Float32Array.of(0, 0.1, 0.5, 0.9, 1);
  const graph = makeGraph({
    inputs: [makeValue('shares', 'float32', [5])],
    outputs: [],
    nodes: [],
    initializers: { power: float32Tensor([1], [3]) },
  });
  const write = new GradientWriter(graph, new FreshNames(graph));
  const soft = { ...softenWeights(product, []), shares: ['shares'], count: 5 };
  const value = indecision(write, soft, 'power');
  write.append();
  graph.outputs = [makeValue(value, 'float32', [])];
  const found = await runGraph(graph, { shares: float32Tensor([5], shares) });
  const wanted = shares.reduce((sum, h) => sum + 1 - Math.abs(2 * h - 1) ** 3, 0) / 5;
  expect(Object.values(found)[0]!.data[0]).toBeCloseTo(wanted, 5);
});
