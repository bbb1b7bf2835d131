import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { foldBatchNorm } from '../../../src/main/engine/onnx/fold-batch-norm';
import { copyGraph, type Graph, type Node, type Tensor } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { attr, float32Tensor, int64Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';
import { largestDifference, runGraph } from '../../fixtures/run-graph';
import { hasZoo, needsZoo, zooNames, zooPath } from '../../fixtures/zoo';

const operators = (graph: Graph): string[] => graph.nodes.map((node) => node.op);

async function outputDifference(a: Graph, b: Graph, feeds: Record<string, Tensor>): Promise<number> {
  const [left, right] = [await runGraph(a, feeds), await runGraph(b, feeds)];
  expect(Object.keys(right)).toEqual(Object.keys(left));
  return Math.max(...Object.keys(left).map((name) => largestDifference(left[name], right[name])));
}

const batchNorm = (input: string, output: string, name: string): Node =>
  makeNode(
    'BatchNormalization',
    [input, ...['gamma', 'beta', 'mean', 'var'].map((part) => `${name}.${part}`)],
    [output],
    {
      epsilon: attr.float(1e-3),
    },
  );
const batchNormWeights = (name: string, channels: number): Record<string, Tensor> => ({
  [`${name}.gamma`]: noiseTensor([channels], 21),
  [`${name}.beta`]: noiseTensor([channels], 22),
  [`${name}.mean`]: noiseTensor([channels], 23),
  [`${name}.var`]: float32Tensor(
    [channels],
    Array.from({ length: channels }, (_, index) => 0.5 + index),
  ),
});

describe('folding batch norms', () => {
  const image = makeValue('x', 'float32', [2, 4, 5, 5]);
  const feeds = { x: noiseTensor([2, 4, 5, 5], 31) };
  const outputs = [makeValue('y', 'float32', [])];
  const vector = makeValue('x', 'float32', [2, 4]);

  const foldable: [string, Graph, string[]][] = [
    [
      'into a grouped Conv without bias',
      makeGraph({
        inputs: [image],
        outputs,
        nodes: [makeNode('Conv', ['x', 'w'], ['c'], { group: attr.int(2) }), batchNorm('c', 'y', 'bn')],
        initializers: { w: noiseTensor([6, 2, 3, 3], 24), ...batchNormWeights('bn', 6) },
      }),
      ['Conv'],
    ],
    [
      'into a Conv with bias, then a scale and a shift per channel',
      makeGraph({
        inputs: [image],
        outputs,
        nodes: [
          makeNode('Conv', ['x', 'w', 'b'], ['c']),
          batchNorm('c', 'n', 'bn'),
          makeNode('Mul', ['n', 'scale'], ['s']),
          makeNode('Sub', ['shift', 's'], ['t']),
          makeNode('Div', ['t', 'divisor'], ['y']),
        ],
        initializers: {
          w: noiseTensor([6, 4, 1, 1], 24),
          b: noiseTensor([6], 25),
          scale: noiseTensor([1, 6, 1, 1], 26),
          shift: noiseTensor([6, 1, 1], 27),
          divisor: float32Tensor([], [4]),
          ...batchNormWeights('bn', 6),
        },
      }),
      ['Conv'],
    ],
    ...[0, 1].map((transposed): [string, Graph, string[]] => [
      `into a Gemm, transB ${transposed}`,
      makeGraph({
        inputs: [vector],
        outputs,
        nodes: [
          makeNode('Gemm', ['x', 'w', 'b'], ['g'], {
            transB: attr.int(transposed),
            alpha: attr.float(0.5),
            beta: attr.float(2),
          }),
          batchNorm('g', 'y', 'bn'),
        ],
        initializers: {
          w: noiseTensor(transposed ? [3, 4] : [4, 3], 24),
          b: noiseTensor([3], 25),
          ...batchNormWeights('bn', 3),
        },
      }),
      ['Gemm'],
    ]),
    [
      'not where the layer is read twice',
      makeGraph({
        inputs: [image],
        outputs,
        nodes: [makeNode('Conv', ['x', 'w'], ['c']), batchNorm('c', 'n', 'bn'), makeNode('Add', ['n', 'c'], ['y'])],
        initializers: { w: noiseTensor([6, 4, 3, 3], 24), ...batchNormWeights('bn', 6) },
      }),
      ['Conv', 'BatchNormalization', 'Add'],
    ],
    [
      'not where the layer is an output',
      makeGraph({
        inputs: [image],
        outputs: [...outputs, makeValue('c', 'float32', [])],
        nodes: [makeNode('Conv', ['x', 'w'], ['c']), batchNorm('c', 'y', 'bn')],
        initializers: { w: noiseTensor([6, 4, 3, 3], 24), ...batchNormWeights('bn', 6) },
      }),
      ['Conv', 'BatchNormalization'],
    ],
    [
      'not a shift per position or one that adds a dimension',
      makeGraph({
        inputs: [image],
        outputs,
        nodes: [
          makeNode('Conv', ['x', 'w'], ['c']),
          makeNode('Add', ['c', 'row'], ['r']),
          makeNode('Add', ['r', 'more'], ['y']),
        ],
        initializers: {
          w: noiseTensor([3, 4, 3, 3], 24),
          row: noiseTensor([3], 25),
          more: noiseTensor([1, 1, 3, 1, 1], 26),
        },
      }),
      ['Conv', 'Add', 'Add'],
    ],
    [
      'two layers that share their weights',
      makeGraph({
        inputs: [image],
        outputs,
        nodes: [
          makeNode('Conv', ['x', 'w'], ['a']),
          makeNode('Conv', ['x', 'w'], ['b']),
          batchNorm('a', 'n', 'bn'),
          makeNode('Add', ['n', 'b'], ['y']),
        ],
        initializers: { w: noiseTensor([6, 4, 3, 3], 24), ...batchNormWeights('bn', 6) },
      }),
      ['Conv', 'Conv', 'Add'],
    ],
  ];
  test.each(foldable)('%s', async (_title, graph, expected) => {
    const before = encodeModel(graph);
    const folded = foldBatchNorm(graph);
    expect(operators(folded)).toEqual(expected);
    const input = graph.inputs[0]!.shape.length === 2 ? { x: noiseTensor([2, 4], 31) } : feeds;
    expect(await outputDifference(graph, folded, input)).toBeLessThan(2e-5);
    expect(Buffer.from(encodeModel(graph)).equals(before), 'the graph that came in is unchanged').toBe(true);
  });
});

describe('simplify', () => {
  test('a small classifier keeps only its layers', async () => {
    const graph = tinyClassifier();
    const simple = simplify(graph);
    expect(operators(simple)).toEqual(['Conv', 'Relu', 'GlobalAveragePool', 'Reshape', 'Gemm']);
    const fixed = copyGraph(graph);
    fixed.inputs[0]!.shape[0] = 3;
    expect(operators(simplify(fixed))).toEqual(operators(simple));
    const feeds = { input: noiseTensor([3, 3, 8, 8]) };
    for (const each of [simple, simplify(fixed)]) expect(await outputDifference(graph, each, feeds)).toBeLessThan(1e-5);
  });

  test.each([
    ['[batch, 12] of [batch,3,4]', ['first', 'twelve'], { first: 0 }],
    ['[3, batch, 4] of [batch,3,4]', ['three', 'first', 'four'], { first: 0 }],
    ['[batch, -1] of [batch,3,4]', ['first', 'rest'], { first: 0 }],
    ['[-1, batch] of [batch,3,4] stays computed', ['rest', 'first'], { first: 0 }],
  ])('a reshape to %s', async (title, parts, positions) => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', ['batch', 3, 4])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [
        makeNode('Shape', ['x'], ['shape']),
        ...Object.keys(positions).map((name) => makeNode('Gather', ['shape', 'index'], [name])),
        makeNode('Concat', parts, ['target'], { axis: attr.int(0) }),
        makeNode('Reshape', ['x', 'target'], ['y']),
      ],
      initializers: {
        index: int64Tensor([1], [0]),
        twelve: int64Tensor([1], [12]),
        three: int64Tensor([1], [3]),
        four: int64Tensor([1], [4]),
        rest: int64Tensor([1], [-1]),
      },
    });
    const simple = simplify(graph);
    expect(simple.nodes.length).toBe(title.endsWith('computed') ? 4 : 1);
    expect(await outputDifference(graph, simple, { x: noiseTensor([2, 3, 4]) })).toBe(0);
  });

  test('identities between inputs, outputs and each other keep the names people feed and read', async () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', [2])],
      outputs: ['copy', 'a', 'b', 'constant', 'r'].map((name) => makeValue(name, 'float32', [2])),
      nodes: [
        makeNode('Identity', ['x'], ['copy']),
        makeNode('Identity', ['x'], ['x2']),
        makeNode('Relu', ['x2'], ['r0']),
        makeNode('Identity', ['r0'], ['r1']),
        makeNode('Dropout', ['r1'], ['a', 'mask']),
        makeNode('Identity', ['r1'], ['b']),
        makeNode('Neg', ['r1'], ['r']),
        makeNode('Identity', ['c'], ['constant']),
      ],
      initializers: { c: float32Tensor([2], [1, 2]) },
    });
    const simple = simplify(graph);
    expect(operators(simple)).toEqual(['Identity', 'Relu', 'Identity', 'Neg', 'Identity']);
    expect(await outputDifference(graph, simple, { x: float32Tensor([2], [1, -1]) })).toBe(0);
  });

  test('weights stored in few bits stay as they are', () => {
    const graph = makeGraph({
      opset: 18,
      inputs: [makeValue('x', 'float32', [1, 2, 8, 8])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [
        makeNode('BitShift', ['planes', 'bits'], ['shifted'], { direction: attr.string('RIGHT') }),
        makeNode('BitwiseAnd', ['shifted', 'one'], ['bit']),
        makeNode('Cast', ['bit'], ['index'], { to: attr.int(7) }),
        makeNode('Gather', ['table', 'index'], ['values']),
        makeNode('Reshape', ['values', 'shape'], ['w']),
        makeNode('Conv', ['x', 'w'], ['y']),
      ],
      initializers: {
        planes: { type: 'uint8', shape: [36, 1], data: new Uint8Array(36).fill(0x5a) },
        bits: { type: 'uint8', shape: [8], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) },
        one: { type: 'uint8', shape: [], data: Uint8Array.of(1) },
        table: float32Tensor([2], [-0.5, 0.5]),
        shape: { type: 'int64', shape: [4], data: BigInt64Array.of(16n, 2n, 3n, 3n) },
      },
    });
    expect(simplify(graph)).toEqual(graph);
  });

  test('8-bit weights decoded by arithmetic stay, shape arithmetic behind them goes', () => {
    const graph = makeGraph({
      inputs: [makeValue('x', 'float32', [1, 2, 4, 4])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [
        makeNode('Cast', ['stored'], ['wide'], { to: attr.int(1) }),
        makeNode('Mul', ['wide', 'scale'], ['w']),
        makeNode('Conv', ['x', 'w'], ['c']),
        makeNode('Shape', ['c'], ['shape']),
        makeNode('Slice', ['shape', 'zero', 'one'], ['first']),
        makeNode('Concat', ['first', 'rest'], ['target'], { axis: attr.int(0) }),
        makeNode('Reshape', ['c', 'target'], ['y']),
      ],
      initializers: {
        stored: { type: 'uint8', shape: [3, 2, 1, 1], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
        scale: float32Tensor([], [0.5]),
        zero: int64Tensor([1], [0]),
        one: int64Tensor([1], [1]),
        rest: int64Tensor([1], [-1]),
      },
    });
    expect(operators(simplify(graph))).toEqual(['Cast', 'Mul', 'Conv', 'Reshape']);
  });
});

describe.skipIf(!hasZoo)(`the networks${needsZoo}`, () => {
  const feeds = { input: noiseTensor([2, 3, 224, 224], 41) };
  test.each(zooNames)('%s: saved again it answers the same, simplified within 1e-4', async (name) => {
    const graph = await loadModel(zooPath(name));
    const original = await runGraph(readFileSync(zooPath(name)), feeds);
    const again = await runGraph(graph, feeds);
    expect(largestDifference(original['logits'], again['logits'])).toBe(0);
    const simple = simplify(graph);
    expect(operators(simple)).not.toContain('BatchNormalization');
    expect(operators(simple)).not.toContain('Identity');
    expect(simple.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
    const simplified = await runGraph(simple, feeds);
    const difference = largestDifference(original['logits'], simplified['logits']);
    expect(difference).toBeLessThan(1e-4);
  });
});
