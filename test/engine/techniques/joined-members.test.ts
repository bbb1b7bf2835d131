import { describe, expect, test } from 'vitest';
import { planQdq, type QdqPlan } from '../../../src/main/engine/compression/quantization/qdq-plan';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { indexGraph } from '../../../src/main/engine/onnx/graph-index';
import { attr, float32Tensor } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cardFor,
  contextFor,
  images,
  NetworkBuilder,
  optimizedOperators,
  relativeError,
  runGraph,
} from './small-networks';

const joined = (net: NetworkBuilder, members: string[], name = 'joined'): string =>
  net.node('Concat', members, name, { axis: attr.int(1) });

const pooled = { kernel_shape: attr.ints([3, 3]), pads: attr.ints([1, 1, 1, 1]) };

/** Convolutions of eight channels each, with an activation where one is named. */
function members(net: NetworkBuilder, activations: readonly ('Relu' | 'Relu6' | '')[]): string[] {
  const bounds = [0, 6].map((bound) => net.constant(`bound.${bound}`, float32Tensor([], [bound])));
  return activations.map((activation, at) => {
    const conv = net.conv('input', `member.${at}`, 3, 8, 3);
    if (activation === '') return conv;
    const inputs = activation === 'Relu' ? [conv] : [conv, ...bounds];
    return net.node(activation === 'Relu' ? 'Relu' : 'Clip', inputs, `active.${at}`);
  });
}

const sharing = (plan: QdqPlan, values: readonly string[]): boolean[] =>
  values.map((value) => plan.groupOf(value) === plan.groupOf('joined'));

const quantize = (graph: Graph): Promise<Graph> =>
  applyStep(graph, 'quantize.static', {}, contextFor(cardFor(graph), images(32)));

describe('which members of a concatenation have the scale of what they are joined to', () => {
  test('those that nothing else reads', () => {
    const net = new NetworkBuilder(3);
    const own = members(net, ['', '']);
    const beside = net.conv(own[1]!, 'beside', 8, 16, 1);
    const both = net.node('Add', [net.conv(joined(net, own), 'mix', 16, 16, 1), beside], 'sum');
    const plan = planQdq(net.head(both, 16, 10));
    expect(sharing(plan, own)).toEqual([true, false]);
    // The range of the result is that of all members, so it is observed.
    expect(plan.derived.has('joined')).toBe(false);
  });

  test('not what is only moved, because its source would get their range too', () => {
    const net = new NetworkBuilder(3);
    const [first, second] = members(net, ['', '']) as [string, string];
    const largest = net.node('MaxPool', [first], 'largest', pooled);
    const beside = net.conv(first, 'beside', 8, 16, 1);
    const sum = net.node('Add', [net.conv(joined(net, [largest, second]), 'mix', 16, 16, 1), beside], 'sum');
    expect(sharing(planQdq(net.head(sum, 16, 10)), [first, largest, second])).toEqual([false, false, true]);
  });

  test.each([
    [
      ['Relu', 'Relu'],
      [true, true],
    ],
    [
      ['Relu', 'Relu6'],
      [true, false],
    ],
    [
      ['Relu6', 'Relu6'],
      [true, true],
    ],
    [
      ['Relu', ''],
      [false, true],
    ],
  ] as const)('%j: %j, so that kernels take up their activations', async (activations, expected) => {
    const net = new NetworkBuilder(3);
    const own = members(net, activations);
    const graph = net.head(net.conv(joined(net, own), 'mix', 16, 16, 1), 16, 10);
    expect(sharing(planQdq(graph), own)).toEqual(expected);
    const operators = await optimizedOperators(await quantize(graph));
    expect(operators).toMatchObject({ QLinearConv: 3, QLinearConcat: 1, QuantizeLinear: 1, DequantizeLinear: 1 });
  });

  test('activations reach through a concatenation of concatenations', async () => {
    const net = new NetworkBuilder(3);
    const [first, second, last] = members(net, ['Relu', 'Relu', '']) as [string, string, string];
    const inner = joined(net, [first, second], 'inner');
    const graph = net.head(net.conv(joined(net, [inner, last]), 'mix', 24, 16, 1), 16, 10);
    const plan = planQdq(graph);
    expect(sharing(plan, [inner, first, second, last])).toEqual([false, false, false, true]);
    expect(plan.groupOf(first)).toBe(plan.groupOf(inner));
    const operators = await optimizedOperators(await quantize(graph));
    expect(operators).toMatchObject({ QLinearConv: 4, QLinearConcat: 2, QuantizeLinear: 1, DequantizeLinear: 1 });
  });
});

test('members of one scale are written with it, have the range of all, and lose nothing by it', async () => {
  const net = new NetworkBuilder(4);
  const [wide, narrow] = members(net, ['', '']) as [string, string];
  const { shape, data } = net.graph.initializers.get('member.1.weight')!;
  net.constant(
    'member.1.weight',
    float32Tensor(
      shape,
      (data as Float32Array).map((value) => value / 20),
    ),
  );
  const network = net.head(net.conv(joined(net, [wide, narrow]), 'mix', 16, 16, 1), 16, 10);
  const result = await quantize(network);
  const index = indexGraph(result);
  const concat = result.nodes.find(({ op }) => op === 'Concat')!;
  const scales = [...concat.inputs.map((input) => index.producer(input)!), index.consumers(concat.outputs[0]!)[0]!].map(
    ({ inputs }) => inputs[1]!,
  );
  expect(new Set(scales).size).toBe(1);
  const context = contextFor(cardFor(network), images(32));
  const apart = await applyStep(network, 'quantize.static', { excludeTypes: ['Concat'] }, context);
  const reference = await runGraph(network, images(16, 9));
  const errorOf = async (graph: Graph): Promise<number> =>
    relativeError(await runGraph(graph, images(16, 9)), reference);
  // What no Concat joins in codes has scales of its own before and one for all after it.
  expect(await errorOf(result)).toBeLessThanOrEqual(1.05 * (await errorOf(apart)));
});
