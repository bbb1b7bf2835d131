import { expect, test } from 'vitest';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { attr, float32Tensor, int8Tensor } from '../../../src/main/engine/onnx/make';
import { codesApart } from '../../fixtures/codes-apart';
import { hasTflite, needsTflite } from '../../fixtures/converted-network';
import { QdqBuilder, type Affine } from '../../fixtures/qdq-builder';

const input: Affine = [0.02, 120];
const shape = [1, 3, 7, 6];
const pixels = 126;

test.skipIf(!hasTflite)(`one set of codes that two layers read with scales of their own${needsTflite}`, async () => {
  const net = new QdqBuilder(shape, 3);
  const x = net.coded('input', input);
  const codes = net.store(int8Tensor([3, 3, 1, 1], [127, -3, 40, 5, -127, 9, 60, 8, 100]));
  const layer = (scales: number[]): string =>
    net.coded(
      net.node('Conv', [
        x,
        net.node('DequantizeLinear', [codes, net.store(float32Tensor([3], scales))], { axis: attr.int(0) }),
      ]),
      [0.05, 128],
    );
  const sum = net.node('Add', [layer([0.01, 0.02, 0.01]), layer([0.003, 0.001, 0.002])]);
  const graph = net.finish(net.coded(sum, [0.08, 128]));
  for (const most of await codesApart(graph, net.image(input, pixels), shape)) expect(most).toBeLessThanOrEqual(1);
});

/** Channels of usual weights, of weights that batch norm has all but switched off, and of none, each with a bias. */
function dyingChannels(op: 'Conv' | 'Gemm') {
  const net = new QdqBuilder(op === 'Conv' ? shape : [1, 3], 3);
  const weights = net.node(
    'DequantizeLinear',
    [
      net.store(int8Tensor(op === 'Conv' ? [3, 3, 1, 1] : [3, 3], [90, -127, 40, 127, 60, -5, 0, 0, 0])),
      net.store(float32Tensor([3], [0.01, 1e-10, 1e-12])),
    ],
    { axis: attr.int(0) },
  );
  const bias = net.store(float32Tensor([3], [0.3, -1.7, 1.2]));
  const layer = net.node(op, [net.coded('input', input), weights, bias], op === 'Gemm' ? { transB: attr.int(1) } : {});
  return { net, graph: net.finish(net.coded(layer, [0.03, 128])) };
}

test.skipIf(!hasTflite).each(['Conv', 'Gemm'] as const)(
  `a bias beside weights next to zero, which its int32 would not hold: %s${needsTflite}`,
  async (op) => {
    const { net, graph } = dyingChannels(op);
    const [size, of] = op === 'Conv' ? [pixels, shape] : [3, [1, 3]];
    for (const most of await codesApart(graph, net.image(input, size), of)) expect(most).toBeLessThanOrEqual(1);
  },
);

test('and only the scales of such channels change', () => {
  const { graph } = dyingChannels('Conv');
  const [weights] = convertGraph(graph).graphs[0]!.tensors.filter(
    ({ quantization }) => quantization?.scale.length === 3,
  );
  const [usual, ...held] = weights!.quantization!.scale;
  expect(usual).toBe(Math.fround(0.01));
  for (const scale of held) expect(scale).toBeGreaterThan(1e-9);
  expect([...new Int8Array(weights!.data!.slice().buffer)].slice(0, 3)).toEqual([90, -127, 40]);
});

test.skipIf(!hasTflite)(`int8 codes whose type is named and no zero point${needsTflite}`, async () => {
  const net = new QdqBuilder(shape, 3);
  net.graph.opsets[''] = 21;
  net.graph.irVersion = 10;
  const scale = net.store(float32Tensor([], [0.02]));
  const int8 = { output_dtype: attr.int(3) };
  const x = net.node('DequantizeLinear', [net.node('QuantizeLinear', ['input', scale], int8), scale]);
  const graph = net.finish(net.coded(net.node('LeakyRelu', [x], { alpha: attr.float(0.5) }), [0.02, 128]));
  for (const most of await codesApart(graph, net.image([0.02, 128], pixels), shape))
    expect(most).toBeLessThanOrEqual(1);
});
