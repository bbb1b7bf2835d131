import { expect, test } from 'vitest';
import { adamW, averaging, sgd, type Optimizer } from '../../../src/main/engine/gradients/optimizers';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { stepGraph, type ParameterGroup } from '../../../src/main/engine/training/step-graph';
import { TrainingSession } from '../../../src/main/engine/training/training-session';
import { makeGraph, noise } from '../../fixtures/graphs';

const start = [0.5, -1, 0, 2];

/** y = p x, with loss sum(y): the gradient is x. A second parameter takes no part. */
const network = (): Graph =>
  makeGraph({
    inputs: [makeValue('x', 'float32', [4])],
    outputs: [makeValue('y', 'float32', [4])],
    nodes: [makeNode('Mul', ['x', 'p'], ['y']), makeNode('Neg', ['idle'], ['unread'])],
    initializers: { p: float32Tensor([4], start), idle: float32Tensor([1], [3]) },
  });

const gradients = Array.from({ length: 5 }, (_, step) => [...noise(4, step + 1)]);
const rateOf = (step: number): number => 0.1 / (step + 1);

async function trained(optimizer: Optimizer, group: ParameterGroup, largestNorm?: number): Promise<number[]> {
  const graph = network();
  const step = stepGraph(graph, {
    parameters: new Map([
      ['p', group],
      ['idle', { weightDecay: 0 }],
    ]),
    optimizer,
    largestNorm,
    objective: (write) => ({ loss: write.sum('y'), inputs: [] }),
  });
  expect(step.parameters).toEqual(['p']);
  const session = await TrainingSession.open(step, graph.initializers, 1);
  try {
    for (const [at, gradient] of gradients.entries()) {
      const parameters = [...(session.parameters().get('p')!.data as Float32Array)];
      const feeds = { x: { type: 'float32' as const, shape: [4], data: Float32Array.from(gradient) } };
      const loss = parameters.reduce((sum, value, k) => sum + value * gradient[k]!, 0);
      expect(await session.lossOn(feeds)).toBeCloseTo(loss, 5);
      expect(await session.train(feeds, rateOf(at))).toBeCloseTo(loss, 5);
    }
    return [...(session.parameters().get('p')!.data as Float32Array)];
  } finally {
    await session.close();
  }
}

/** The rules as PyTorch documents them, element by element in double precision. */
const plainSgd = (momentum: number, nesterov: boolean, decay: number): number[] =>
  start.map((value, k) => {
    let [p, velocity] = [value, 0];
    for (const [at, gradient] of gradients.entries()) {
      const g = gradient[k]! + decay * p;
      velocity = momentum * velocity + g;
      p -= rateOf(at) * (nesterov ? g + momentum * velocity : velocity);
    }
    return p;
  });

const plainAdamW = (beta1: number, beta2: number, epsilon: number, decay: number): number[] =>
  start.map((value, k) => {
    let [p, m, v] = [value, 0, 0];
    for (const [at, gradient] of gradients.entries()) {
      const g = gradient[k]!;
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      const [mean, square] = [m / (1 - beta1 ** (at + 1)), v / (1 - beta2 ** (at + 1))];
      p -= rateOf(at) * decay * p + (rateOf(at) * mean) / (Math.sqrt(square) + epsilon);
    }
    return p;
  });

const expectClose = (found: number[], expected: number[]): void =>
  found.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));

test.each([
  [0, false, 0],
  [0.9, false, 0],
  [0.9, false, 0.1],
  [0.9, true, 0.1],
])('SGD with momentum %d, Nesterov %s, decay %d', async (momentum, nesterov, weightDecay) => {
  expectClose(await trained(sgd({ momentum, nesterov }), { weightDecay }), plainSgd(momentum, nesterov, weightDecay));
});

test.each([0, 0.1])('AdamW with decay %d', async (weightDecay) => {
  const [beta1, beta2, epsilon] = [0.9, 0.99, 1e-8];
  expectClose(
    await trained(adamW({ beta1, beta2, epsilon }), { weightDecay }),
    plainAdamW(beta1, beta2, epsilon, weightDecay),
  );
});

test.each([sgd({ momentum: 0.9, nesterov: true }), adamW({ beta1: 0.9, beta2: 0.99, epsilon: 1e-8 })])(
  'what is masked does not change, and its gradient does not count for the norm',
  async (optimizer) => {
    const found = await trained(optimizer, { weightDecay: 0, mask: float32Tensor([4], [1, 1, 0, 1]) });
    const free = await trained(optimizer, { weightDecay: 0 });
    expect(found[2]).toBe(0);
    expect(free[2]).not.toBe(0);
    expect([found[0], found[1], found[3]]).toEqual([free[0], free[1], free[3]]);
  },
);

test('gradients are clipped by their common norm', async () => {
  const most = 0.5;
  const clipped = gradients.map((gradient) => {
    const norm = Math.hypot(...gradient);
    return gradient.map((value) => (value * most) / Math.max(norm, most));
  });
  const expected = start.map((value, k) => clipped.reduce((p, gradient, at) => p - rateOf(at) * gradient[k]!, value));
  expectClose(await trained(sgd({ momentum: 0, nesterov: false }), { weightDecay: 0 }, most), expected);
});

test('the mean over all steps, and then over about the last, is what is judged and taken; the steps go on from where they are', async () => {
  const [graph, over] = [network(), 3];
  const step = stepGraph(graph, {
    parameters: new Map([['p', { weightDecay: 0 }]]),
    optimizer: averaging(sgd({ momentum: 0.9, nesterov: false }), over),
    objective: (write) => ({ loss: write.sum('y'), inputs: [] }),
  });
  const session = await TrainingSession.open(step, graph.initializers, 1);
  const taken = (): number[] => [...(session.parameters().get('p')!.data as Float32Array)];
  try {
    expect(taken()).toEqual(start);
    let [point, velocity, mean] = [start, start.map(() => 0), start.map(() => 0)];
    for (const [at, gradient] of gradients.entries()) {
      const feeds = { x: { type: 'float32' as const, shape: [4], data: Float32Array.from(gradient) } };
      expect(await session.train(feeds, rateOf(at))).toBeCloseTo(
        point.reduce((sum, value, k) => sum + value * gradient[k]!, 0),
        5,
      );
      velocity = velocity.map((value, k) => 0.9 * value + gradient[k]!);
      point = point.map((value, k) => value - rateOf(at) * velocity[k]!);
      mean = mean.map((value, k) => value + (point[k]! - value) / Math.min(at + 1, over));
      expectClose(taken(), mean);
      const loss = mean.reduce((sum, value, k) => sum + value * gradient[k]!, 0);
      expect(await session.lossOn(feeds)).toBeCloseTo(loss, 5);
    }
    session.keep();
    const kept = taken();
    await session.train({ x: { type: 'float32', shape: [4], data: Float32Array.from(gradients[3]!) } }, 0.1);
    // What was kept is taken from then on.
    expect(taken()).toEqual(kept);
  } finally {
    await session.close();
  }
});

test('a parameter may learn by the gradient of a value that only follows it, and constants may be carried and written', async () => {
  // y = x round(q): q is written between steps, p takes the gradient of q.
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', [4])],
    outputs: [],
    nodes: [
      makeNode('Identity', ['q'], ['next']),
      makeNode('Identity', ['q'], ['used']),
      makeNode('Mul', ['x', 'used'], ['y']),
    ],
    initializers: { p: float32Tensor([4], start), q: float32Tensor([4], [0, 0, 0, 0]) },
  });
  const step = stepGraph(graph, {
    parameters: new Map([['p', { weightDecay: 0, gradientOf: 'used' }]]),
    replaced: new Map([['q', 'next']]),
    optimizer: sgd({ momentum: 0, nesterov: false }),
    objective: (write) => ({ loss: write.sum('y'), inputs: [] }),
  });
  const session = await TrainingSession.open(step, graph.initializers, 1);
  try {
    const [x, written] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 0, -1, 2)];
    const feeds = { x: { type: 'float32' as const, shape: [4], data: x } };
    expect(await session.train(feeds, 0.1)).toBe(0);
    session.setting('q')!.set(written);
    expect(await session.train(feeds, 0.1)).toBe(1 - 3 + 8);
    expectClose(
      [...session.setting('p')!],
      start.map((value, at) => value - 0.2 * x[at]!),
    );
    const learned = session.parameters();
    expect(learned.get('q')!.data).toEqual(written);
    // What is carried is what a checkpoint holds.
    expect(session.carried).toContainEqual(written);
  } finally {
    await session.close();
  }
});
