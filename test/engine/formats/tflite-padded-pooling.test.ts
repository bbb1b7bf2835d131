import { expect, test } from 'vitest';
import { estimateEdgeTpu } from '../../../src/main/engine/formats/edgetpu/estimate';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { differenceAsTflite, hasTflite, kernels, needsTflite } from '../../fixtures/converted-network';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { QdqBuilder, type Affine } from '../../fixtures/qdq-builder';

const shape = [1, 3, 8, 8];
const window = { kernel_shape: attr.ints([3, 3]), strides: attr.ints([2, 2]), pads: attr.ints([1, 1, 1, 1]) };
const operatorsOf = ({ graphs }: TfliteModel): string[] => graphs[0]!.operators.map(({ op }) => op);

/** A convolution, operators behind it, and a pool whose padding SAME is not. */
function pooled(behind: readonly string[]): Graph {
  const names = ['map', ...behind.map((_, at) => `x${at}`)];
  return makeGraph({
    inputs: [makeValue('input', 'float32', shape)],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [
      makeNode('Conv', ['input', 'w'], ['map']),
      ...behind.map((op, at) => makeNode(op, [names[at]!], [names[at + 1]!])),
      makeNode('MaxPool', [names.at(-1)!], ['y'], window),
    ],
    initializers: { w: noiseTensor([4, 3, 1, 1], 3) },
  });
}

test.each([
  { behind: ['Relu'], operators: ['CONV_2D', 'PAD', 'MAX_POOL_2D'] },
  { behind: ['Sigmoid'], operators: ['CONV_2D', 'LOGISTIC', 'PAD', 'MAX_POOL_2D'] },
  { behind: [], operators: ['CONV_2D', 'PADV2', 'MAX_POOL_2D'] },
  { behind: ['Tanh'], operators: ['CONV_2D', 'TANH', 'PADV2', 'MAX_POOL_2D'] },
  { behind: ['Relu', 'Neg'], operators: ['CONV_2D', 'NEG', 'PADV2', 'MAX_POOL_2D'] },
])('zeros pad a pool only where nothing is below them: behind $behind', ({ behind, operators }) => {
  expect(operatorsOf(convertGraph(pooled(behind)))).toEqual(operators);
});

test.skipIf(!hasTflite).each(kernels)(`and its answers stay, with xnnpack $xnnpack${needsTflite}`, async (kernel) => {
  for (const behind of [['Relu'], ['Sigmoid'], [], ['Relu', 'Neg']])
    expect(await differenceAsTflite(pooled(behind), noiseTensor(shape, 7), kernel)).toBeLessThan(1e-5);
});

test('the Edge TPU takes all of a padded pool behind a ReLU', () => {
  const [input, codes]: [Affine, Affine] = [
    [0.02, 120],
    [0.08, 0],
  ];
  const net = new QdqBuilder(shape, 3);
  const active = net.coded(net.node('Relu', [net.conv(net.coded('input', input), [3, 6], [1, 1], input)]), codes);
  const model = convertGraph(net.finish(net.coded(net.node('MaxPool', [active], window), codes)), {
    input: 'int8',
    output: 'int8',
  });
  expect(operatorsOf(model)).toEqual(['CONV_2D', 'PAD', 'MAX_POOL_2D']);
  expect(estimateEdgeTpu(model).operators.filter(({ reason }) => reason !== undefined)).toEqual([]);
});
