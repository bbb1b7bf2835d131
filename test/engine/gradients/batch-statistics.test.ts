import { expect, test } from 'vitest';
import { withBatchStatistics } from '../../../src/main/engine/gradients/batch-statistics';
import { sgd } from '../../../src/main/engine/gradients/optimizers';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { stepGraph } from '../../../src/main/engine/training/step-graph';
import { TrainingSession } from '../../../src/main/engine/training/training-session';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { gradientError } from './finite-differences';

const [images, channels, side] = [4, 3, 5];
const shape = [images, channels, side, side];
const momentum = 0.8;
const network = (): Graph =>
  makeGraph({
    inputs: [makeValue('x', 'float32', shape)],
    outputs: [makeValue('y', 'float32', shape)],
    nodes: [
      makeNode('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], ['y'], {
        momentum: attr.float(momentum),
      }),
    ],
    initializers: {
      gamma: noiseTensor([channels], 1),
      beta: noiseTensor([channels], 2),
      mean: float32Tensor([channels], [1, 2, 3]),
      variance: float32Tensor([channels], [4, 5, 6]),
    },
  });

test('the gradient passes through the statistics of the batch', async () => {
  const { graph } = withBatchStatistics(network());
  for (const seed of [1, 2, 3]) {
    const check = { feeds: { x: noiseTensor(shape, seed) }, wanted: ['x', 'gamma', 'beta'], seed };
    expect(await gradientError(graph, check)).toBeLessThan(2e-3);
  }
});

test('running statistics go towards those of each batch', async () => {
  const { graph, running } = withBatchStatistics(network());
  const step = stepGraph(graph, {
    parameters: new Map([['beta', { weightDecay: 0 }]]),
    replaced: running,
    optimizer: sgd({ momentum: 0, nesterov: false }),
    objective: (write) => ({ loss: write.sum('y'), inputs: [] }),
  });
  const session = await TrainingSession.open(step, graph.initializers, 1);
  const expected = { mean: [1, 2, 3], variance: [4, 5, 6] };
  for (const seed of [1, 2]) {
    const { data } = noiseTensor(shape, seed);
    await session.train({ x: { type: 'float32', shape, data: data as Float32Array } }, 0.1);
    for (let channel = 0; channel < channels; channel++) {
      const values = (data as Float32Array).filter((_, at) => Math.floor(at / side ** 2) % channels === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expected.mean[channel] = momentum * expected.mean[channel]! + (1 - momentum) * mean;
      expected.variance[channel] = momentum * expected.variance[channel]! + (1 - momentum) * variance;
    }
  }
  const found = session.parameters();
  await session.close();
  for (const name of ['mean', 'variance'] as const)
    [...(found.get(name)!.data as Float32Array)].forEach((value, at) =>
      expect(value).toBeCloseTo(expected[name][at]!, 5),
    );
});
