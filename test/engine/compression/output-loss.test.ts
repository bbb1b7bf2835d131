import { describe, expect, test } from 'vitest';
import { HeldActivations } from '../../../src/main/engine/compression/calibration/held-activations';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { OutputLoss } from '../../../src/main/engine/compression/reconstruction/output-loss';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';
import { cardFor, contextFor, images, mixedNetwork } from '../techniques/small-networks';

/** Three classes from three numbers, by a matrix. */
function linear(weights: number[]): Graph {
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3])],
    outputs: [makeValue('logits', 'float32', ['batch', 3])],
    nodes: [makeNode('MatMul', ['input', 'w'], ['logits'], {}, 'layer')],
    initializers: { w: float32Tensor([3, 3], weights) },
  });
}

/** The network with the weights of one layer halved. */
function halved(graph: Graph, weightName: string): Graph {
  const result = copyGraph(graph);
  const { shape, data } = graph.initializers.get(weightName)!;
  result.initializers.set(
    weightName,
    float32Tensor(
      shape,
      (data as Float32Array).map((value) => value / 2),
    ),
  );
  return result;
}

describe('OutputLoss', () => {
  test('the mean divergence, by hand', async () => {
    const network = linear([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const context = contextFor(cardFor(network), Float32Array.of(0, 0, 0, Math.log(2), 0, 0), [3]);
    const loss = await OutputLoss.of(network, 2, context, 'test');
    expect(await loss.measure(network)).toBeCloseTo(0, 9);
    // The second image answers (1/2, 1/4, 1/4); without weights everything is (1/3, 1/3, 1/3).
    const divergence = 0.5 * Math.log(1.5) + 2 * 0.25 * Math.log(0.75);
    expect(await loss.measure(linear([0, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeCloseTo(divergence / 2, 6);
  });

  test('from the changed layer on it is what it is from the input on, in any order of layers', async () => {
    const network = mixedNetwork();
    const loss = await OutputLoss.of(network, 20, contextFor(cardFor(network), images(24)), 'test');
    const layers = weightLayers(network);
    expect(layers.length).toBeGreaterThan(4);
    for (const { node, weightName } of [...layers, layers[1]!, layers[0]!, layers.at(-1)!]) {
      const changed = halved(network, weightName);
      const whole = await loss.measure(changed);
      expect(whole).toBeGreaterThan(0);
      expect(await loss.measure(changed, node)).toBeCloseTo(whole, 5);
    }
  });

  test('no images, no loss', async () => {
    const network = linear([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    await expect(
      OutputLoss.of(network, 2, contextFor(cardFor(network), new Float32Array(0), [3]), 'test'),
    ).rejects.toThrow('needs calibration images');
  });
});

test('held activations do not go back', async () => {
  const network = mixedNetwork();
  const [first, second] = weightLayers(network);
  const held = new HeldActivations(network, [first!.node, second!.node], contextFor(cardFor(network), images(4)));
  for await (const round of held.rounds(4)) held.begin(round);
  await held.moveTo(second!.node);
  expect([held.isPast(first!.node), held.isPast(second!.node)]).toEqual([true, false]);
  await expect(held.moveTo(first!.node)).rejects.toThrow('behind what is held');
});
