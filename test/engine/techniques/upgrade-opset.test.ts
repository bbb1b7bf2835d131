import { describe, expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { upgradeOpset } from '../../../src/main/engine/onnx/upgrade-opset';
import type { Dimension, Graph } from '../../../src/main/engine/onnx/graph';
import { supportedOpsets } from '../../../src/main/engine/onnx/load';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { largestDifference, runGraph as run } from '../../fixtures/run-graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { cardFor, contextFor, NetworkBuilder, optimizedOperators, relativeError, runGraph } from './small-networks';

/** A network as exporters of 2018 wrote it. */
function oldNetwork(opset: 7 | 9 | 11 | 12): Graph {
  const net = new NetworkBuilder(9);
  net.graph.opsets[''] = opset;
  net.graph.irVersion = 4;
  const norm = net.batchNorm(net.conv('input', 'stem', 3, 8, 3, { bias: false }), 'bn', 8);
  if (opset < 9) net.graph.nodes.at(-1)!.attributes['spatial'] = attr.int(1);
  const bounds = { min: attr.float(0), max: attr.float(6) };
  const relu6 = opset < 11 ? net.node('Clip', [norm], 'relu6', bounds) : net.node('Relu', [norm], 'relu6');
  const dropped = net.node(
    'Dropout',
    [net.conv(relu6, 'body', 8, 96, 3)],
    'dropped',
    opset < 12 ? { ratio: attr.float(0.5) } : {},
  );
  const pads = { pads: attr.ints([0, 0, 1, 1, 0, 0, 1, 1]), value: attr.float(0) };
  const padded = opset < 11 ? net.node('Pad', [dropped], 'padded', pads) : dropped;
  const sliced =
    opset < 10
      ? net.node('Slice', [padded], 'sliced', { starts: attr.ints([0, 0]), ends: attr.ints([100, 90]) })
      : padded;
  const channels = opset < 10 ? 90 : 96;
  const pooled = net.node('GlobalAveragePool', [net.conv(sliced, 'tail', channels, 64, 1)], 'pooled');
  const flat = net.node('Squeeze', [pooled], 'flat', { axes: attr.ints([2, 3]) });
  const inputs = [flat, net.constant('fc.weight', net.weights([10, 64])), net.constant('fc.bias', net.weights([10]))];
  net.node('Softmax', [net.node('Gemm', inputs, 'scores', { transB: attr.int(1) })], 'logits');
  net.graph.outputs = [makeValue('logits', 'float32', ['batch', 10])];
  return net.graph;
}

describe.each([7, 9, 11, 12] as const)('a network of opset %i', (opset) => {
  const network = oldNetwork(opset);

  test('computes the same in opset 13', async () => {
    const upgraded = upgradeOpset(network) as Graph;
    expect(upgraded.opsets['']).toBe(13);
    expect(network.opsets['']).toBe(opset);
    // Both in a file format that lists initializers apart from inputs.
    const original = { ...network, irVersion: 7 };
    expect(relativeError(await runGraph(upgraded), await runGraph(original))).toBeLessThan(1e-6);
  });

  test.each(['fp16', 'prune.magnitude', 'quantize.static', 'quantize.dynamic'])('%s', async (id) => {
    const result = await applyStep(
      network,
      id,
      id === 'prune.magnitude' ? { amount: 0.2 } : {},
      contextFor(cardFor(network)),
    );
    expect(relativeError(await runGraph(result), await runGraph({ ...network, irVersion: 7 }))).toBeLessThan(0.2);
    if (id === 'quantize.static') expect((await optimizedOperators(result))['QLinearConv']).toBe(3);
  });
});

test('a newer network comes back as it is; an old operator without a rule is named', async () => {
  const net = new NetworkBuilder(1);
  expect(upgradeOpset(net.graph)).toBe(net.graph);
  const old = oldNetwork(9);
  old.nodes.splice(0, 0, makeNode('Upsample', ['input', 'scales'], ['up']));
  expect(upgradeOpset(old)).toEqual({ unsupported: 'Upsample' });
  const error = await applyStep(old, 'fp16', {}, contextFor(cardFor(old))).catch((thrown: AppError) => thrown);
  expect((error as AppError).message).toContain(
    'fp16 cannot be applied to small: it is in ONNX opset 9 and its Upsample',
  );
});

describe.each(['Softmax', 'LogSoftmax', 'Hardmax'])('an old %s sees a matrix', (op) => {
  const shapes: { shape: number[]; declared?: Dimension[]; axis?: number; added: string[] }[] = [
    { shape: [1, 7, 1, 1], added: [] },
    { shape: [2, 1, 5, 1], added: [] },
    { shape: [2, 6], added: [] },
    { shape: [2, 3, 5], axis: 2, added: [] },
    { shape: [2, 3, 5], added: ['Flatten', 'Reshape'] },
    { shape: [2, 3, 5], declared: ['n', 3, 5], added: ['Flatten', 'Reshape'] },
    { shape: [2, 3, 2, 2], axis: 2, declared: ['n', 3, 2, 2], added: ['Flatten', 'Shape', 'Reshape'] },
    { shape: [2, 3, 2], axis: 0, added: ['Flatten', 'Reshape'] },
    { shape: [3, 4, 2], declared: ['a', 'b', 'c'], added: ['Flatten', 'Shape', 'Reshape'] },
  ];
  test.each(shapes)('$shape, axis $axis, declared $declared', async ({ shape, declared, axis, added }) => {
    const graph = makeGraph({
      opset: 9,
      inputs: [makeValue('x', 'float32', declared ?? shape)],
      outputs: [makeValue('y', 'float32', declared ?? shape)],
      nodes: [makeNode(op, ['x'], ['y'], axis === undefined ? {} : { axis: attr.int(axis) })],
    });
    const upgraded = upgradeOpset(graph) as Graph;
    expect(upgraded.nodes.map((node) => node.op).filter((name) => name !== op)).toEqual(added);
    const feeds = { x: noiseTensor(shape, 4) };
    const [expected, found] = [await run(graph, feeds), await run(upgraded, feeds)];
    expect(found['y']!.shape).toEqual(shape);
    expect(largestDifference(found['y'], expected['y'])).toBeLessThan(1e-6);
  });
});

test('every opset that is read runs in ONNX Runtime, the one after it does not', async () => {
  const ofOpset = (opset: number): Graph =>
    makeGraph({
      opset,
      inputs: [makeValue('x', 'float32', [1, 3, 4, 4])],
      outputs: [makeValue('y', 'float32', [1, 2, 4, 4])],
      nodes: [makeNode('Conv', ['x', 'w'], ['c']), makeNode('Relu', ['c'], ['y'])],
      initializers: { w: noiseTensor([2, 3, 1, 1]) },
    });
  const feeds = { x: noiseTensor([1, 3, 4, 4], 2) };
  const expected = await run(ofOpset(17), feeds);
  for (let opset = supportedOpsets.min; opset <= supportedOpsets.max; opset++)
    expect(largestDifference((await run(ofOpset(opset), feeds))['y'], expected['y'])).toBeLessThan(1e-6);
  await expect(run(ofOpset(supportedOpsets.max + 1), feeds)).rejects.toThrow(/cannot load/);
});
