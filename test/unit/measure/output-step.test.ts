import { expect, it } from 'vitest';
import { outputStep } from '../../../src/main/engine/measure/file/output-step';
import type { Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

const decode = makeNode('DequantizeLinear', ['codes', 'scale', 'zero'], ['decoded']);
const graph = (nodes: Node[], output: string, scale: Tensor = float32Tensor([], [0.125])): Graph =>
  makeGraph({
    inputs: [makeValue('codes', 'uint8', [1, 4])],
    outputs: [makeValue(output, 'float32', [1, 4])],
    nodes,
    initializers: { scale, zero: uint8Tensor([], [128]) },
  });

it.each<[string, Graph, number | undefined]>([
  ['codes that are decoded last', graph([decode], 'decoded'), 0.125],
  [
    'and moved about',
    graph(
      [decode, makeNode('Reshape', ['decoded', 'shape'], ['shaped']), makeNode('Identity', ['shaped'], ['scores'])],
      'scores',
    ),
    0.125,
  ],
  [
    'floats computed of codes',
    graph([decode, makeNode('Softmax', ['decoded'], ['scores'], { axis: attr.int(1) })], 'scores'),
    undefined,
  ],
  ['a scale for each class', graph([decode], 'decoded', float32Tensor([4], [1, 2, 3, 4])), undefined],
  ['an output that is an input', graph([], 'codes'), undefined],
])('of %s', (_what, network, step) => expect(outputStep(network)).toBe(step));
