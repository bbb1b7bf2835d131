import { describe, expect, test } from 'vitest';
import { formOf } from '../../../src/main/engine/compression/layers/network-form';
import { packedInitializer } from '../../../src/main/engine/compression/storage/bit-planes';
import { sparseInitializer } from '../../../src/main/engine/compression/storage/sparse-decode';
import type { ElementType, Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import {
  attr,
  float16Tensor,
  float32Tensor,
  int8Tensor,
  makeNode,
  makeValue,
  uint8Tensor,
} from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';

/** One convolution, with nodes before it and the constants these read. */
function network(nodes: Node[], initializers: Record<string, Tensor>, input: ElementType = 'float32'): Graph {
  return makeGraph({
    inputs: [makeValue('x', input, [1, 2, 4, 4])],
    outputs: [makeValue('y', 'float32', [1, 4, 4, 4])],
    nodes,
    initializers,
  });
}
const conv = (x = 'x', w = 'w'): Node => makeNode('Conv', [x, w], ['y']);
const toFloat = (from: string, to: string): Node => makeNode('Cast', [from], [to], { to: attr.int(1) });
const half = float16Tensor([4, 2, 1, 1], new Uint16Array(8));
const scale = float32Tensor([], [0.1]);

function stored(write: (graph: Graph) => void): Graph {
  const graph = network([conv()], {});
  write(graph);
  return graph;
}

const scales = { scale: Float32Array.of(1), zeroPoint: Float32Array.of(1) };
const packed = { codes: new Uint8Array(8), bits: 2, shape: [4, 2, 1, 1], decode: scales };

describe('what a network is made of is read from its graph', () => {
  test.each<[string, Graph, string[], string, string]>([
    ['float32', network([conv()], { w: noiseTensor([4, 2, 1, 1]) }), ['float'], 'float', 'images'],
    ['float16 decoded to float32', network([toFloat('h', 'w'), conv()], { h: half }), ['half'], 'float', 'images'],
    ['float16 throughout', network([conv()], { w: half }, 'float16'), ['half'], 'half', 'images'],
    [
      'float16 between conversions',
      network([makeNode('Cast', ['x'], ['x16'], { to: attr.int(10) }), conv('x16')], { w: half }),
      ['half'],
      'half',
      'images',
    ],
    [
      'without its zeros',
      stored((graph) =>
        sparseInitializer(graph, 'w', float32Tensor([64, 32, 1, 1], new Float32Array(2048).fill(1, 2000))),
      ),
      ['sparse'],
      'float',
      'images',
    ],
    ['few-bit codes', stored((graph) => packedInitializer(graph, 'w', packed)), ['codes'], 'float', 'images'],
    [
      'few-bit codes in a table, transposed',
      stored((graph) =>
        packedInitializer(graph, 'w', {
          codes: new Uint8Array(8),
          bits: 1,
          shape: [4, 2],
          permutation: [1, 0],
          decode: { table: Float32Array.of(-1, 1) },
        }),
      ),
      ['codes'],
      'float',
      'images',
    ],
    [
      'integer weights only',
      network([makeNode('DequantizeLinear', ['q', 's'], ['w']), conv()], {
        q: int8Tensor([4, 2, 1, 1], new Array<number>(8).fill(1)),
        s: scale,
      }),
      ['integers'],
      'float',
      'images',
    ],
    [
      'QDQ of another tool',
      network(
        [
          makeNode('QuantizeLinear', ['x', 's', 'z'], ['xq']),
          makeNode('DequantizeLinear', ['xq', 's', 'z'], ['xd']),
          makeNode('DequantizeLinear', ['q', 's'], ['w']),
          conv('xd'),
        ],
        { q: int8Tensor([4, 2, 1, 1], new Array<number>(8).fill(1)), s: scale, z: uint8Tensor([], [0]) },
      ),
      ['integers'],
      'qdq',
      'images',
    ],
    [
      'integer operators',
      network(
        [makeNode('QLinearConv', ['x', 's', 'z', 'q', 's', 'z', 's', 'z'], ['y'])],
        { q: int8Tensor([4, 2, 1, 1], new Array<number>(8).fill(1)), s: scale, z: uint8Tensor([], [0]) },
        'uint8',
      ),
      ['integers'],
      'qoperator',
      'pixels',
    ],
    [
      'ranges measured at every run',
      network(
        [makeNode('DynamicQuantizeLinear', ['x'], ['xq', 's', 'z']), makeNode('ConvInteger', ['xq', 'q', 'z'], ['y'])],
        { q: int8Tensor([4, 2, 1, 1], new Array<number>(8).fill(1)) },
      ),
      ['integers'],
      'dynamic',
      'images',
    ],
    [
      'float32 on raw pixels',
      network([toFloat('x', 'xf'), conv('xf')], { w: noiseTensor([4, 2, 1, 1]) }, 'uint8'),
      ['float'],
      'float',
      'pixels',
    ],
    [
      'images scaled first',
      network([makeNode('Resize', ['x', '', 'f'], ['small']), conv('small')], {
        w: noiseTensor([4, 2, 1, 1]),
        f: float32Tensor([4], [1, 1, 0.5, 0.5]),
      }),
      ['float'],
      'float',
      'scaled',
    ],
    ['weights that each image makes', network([makeNode('Conv', ['x', 'x'], ['y'])], {}), [], 'float', 'images'],
  ])('%s', (_, graph, weights, activations, input) => {
    const form = formOf(graph);
    expect({ ...form, weights: [...form.weights] }).toEqual({ weights, activations, input, path: 'straight' });
  });
});
