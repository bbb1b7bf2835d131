import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import { withParameters } from '../../../src/main/engine/gradients/parameters';
import { copyGraph, elementCount, type Graph, type Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { noise, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';

export interface Check {
  /** Inputs by name. */
  feeds: Record<string, Tensor>;
  /** Names of inputs and of constants whose gradients are checked; all inputs where it is not said. */
  wanted?: string[];
  /** How far the inputs are moved. */
  step?: number;
  seed?: number;
}

/** Sums of products, in double precision. */
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, at) => sum + value * b[at]!, 0);

/** Numbers that are at least `gap` apart from each other and half of it from 0: none crosses a kink when it is moved by less than half. */
export function apart(shape: number[], seed = 1, gap = 0.1): Tensor {
  const count = elementCount(shape);
  const keys = noise(count, seed);
  const order = Array.from({ length: count }, (_, at) => at).sort((a, b) => keys[a]! - keys[b]!);
  const data = new Float32Array(count);
  order.forEach((at, rank) => (data[at] = (rank - Math.floor(count / 2) + 0.5) * gap));
  return float32Tensor(shape, data);
}

/**
 * Compares the derivative of a random projection of all outputs along a random direction with what central differences make of the forward pass
 * alone. @returns the difference over the sum of the magnitudes of all contributions
 */
export async function gradientError(network: Graph, { feeds, wanted, step = 0.01, seed = 1 }: Check): Promise<number> {
  const constants = (wanted ?? []).filter((name) => network.initializers.has(name));
  const values = { ...feeds, ...Object.fromEntries(constants.map((name) => [name, network.initializers.get(name)!])) };
  const forward = withParameters(network, constants);
  const names = wanted ?? Object.keys(feeds);
  const shapes = inferShapes(forward);
  const projections = forward.outputs.map(({ name }, at) =>
    noiseTensor(shapes.get(name)!.shape as number[], seed + at),
  );

  const withLoss = copyGraph(forward);
  const parts = forward.outputs.map(({ name }, at) => {
    withLoss.initializers.set(`projection${at}`, projections[at]!);
    withLoss.nodes.push(makeNode('Mul', [name, `projection${at}`], [`projected${at}`]));
    withLoss.nodes.push(makeNode('ReduceSum', [`projected${at}`], [`part${at}`], { keepdims: attr.int(0) }));
    return `part${at}`;
  });
  withLoss.nodes.push(makeNode('Sum', parts, ['loss']));
  const { graph, gradients } = differentiate(withLoss, 'loss', names);
  // Inputs may share one gradient.
  const outputs = new Map([...gradients].map(([name, value]) => [value, shapes.get(name)!.shape]));
  graph.outputs = [...outputs].map(([value, shape]) => makeValue(value, 'float32', shape));
  const found = await runGraph(graph, values, 'all');

  const directions = new Map(names.map((name, at) => [name, noise(values[name]!.data.length, 1000 * seed + at)]));
  const lossAt = async (distance: number): Promise<number> => {
    const moved = names.map((name) => {
      const { shape, data } = values[name]!;
      const direction = directions.get(name)!;
      return [
        name,
        float32Tensor(
          shape,
          (data as Float32Array).map((value, at) => value + distance * direction[at]!),
        ),
      ];
    });
    const outputs = await runGraph(forward, { ...values, ...(Object.fromEntries(moved) as Record<string, Tensor>) });
    return forward.outputs.reduce(
      (sum, { name }, at) => sum + dot(outputs[name]!.data as Float32Array, projections[at]!.data as Float32Array),
      0,
    );
  };
  const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
  let [sum, magnitude] = [0, 0];
  for (const [name, value] of gradients) {
    const gradient = found[value]!.data as Float32Array;
    sum += dot(gradient, directions.get(name)!);
    magnitude += dot(gradient.map(Math.abs), directions.get(name)!.map(Math.abs));
  }
  return Math.abs(measured - sum) / Math.max(magnitude, 1e-6);
}
