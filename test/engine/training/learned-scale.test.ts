import { describe, expect, test } from 'vitest';
import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import type { EstimatedGradient } from '../../../src/main/engine/gradients/estimated-gradient';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue, uint8Tensor, attr } from '../../../src/main/engine/onnx/make';
import { NodeWriter } from '../../../src/main/engine/onnx/node-writer';
import { mostUpTo, scalesUnder, writeScale } from '../../../src/main/engine/training/quantization/learned-scale';
import { roundedGradient } from '../../../src/main/engine/training/quantization/rounded-activation';
import { makeGraph, noise } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';

/** Gradients of the loss sum(projection y), by input. */
async function gradientsOf(
  graph: Graph,
  feeds: Record<string, Tensor>,
  projection: Float32Array,
  estimated?: ReadonlyMap<string, EstimatedGradient>,
): Promise<Record<string, number[]>> {
  graph.initializers.set('projection', float32Tensor([projection.length], projection));
  graph.nodes.push(
    makeNode('Mul', ['y', 'projection'], ['projected']),
    makeNode('ReduceSum', ['projected'], ['loss'], { keepdims: attr.int(0) }),
  );
  const { graph: whole, gradients } = differentiate(graph, 'loss', Object.keys(feeds), estimated);
  whole.outputs = [...gradients.values()].map((name) => makeValue(name, 'float32', []));
  const found = await runGraph(whole, feeds);
  return Object.fromEntries([...gradients].map(([name, value]) => [name, [...(found[value]!.data as Float32Array)]]));
}

const expectClose = (found: number[] | undefined, wanted: number[]): void => {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, at) => expect(found![at]).toBeCloseTo(value, 4));
};

const count = 64;
const [xs, projection] = [noise(count, 3).map((value) => 3 * value), noise(count, 4)];

/** LSQ and LSQ+ element by element, in double precision. */
function reference(scale: number, zeroPoint: number, lowest: number, highest: number) {
  let [ofScale, ofZeroPoint] = [0, 0];
  const ofX = [...xs].map((x, at) => {
    const steps = x / scale;
    const weight = projection[at]!;
    const [low, high] = [lowest - zeroPoint, highest - zeroPoint];
    if (steps > low && steps < high) {
      ofScale += weight * (Math.round(steps) - steps);
      return weight;
    }
    ofScale += weight * (steps >= high ? high : low);
    ofZeroPoint -= weight * scale;
    return 0;
  });
  return { ofX, ofScale, ofZeroPoint };
}

describe.each([
  ['all of a byte', 0.02, 128, 0, 255],
  ['few codes, of which many are passed', 0.3, 7, 0, 15],
  ['two bits', 0.7, 1, 0, 3],
])('an activation in %s', (_, scale, zeroPoint, lowest, highest) => {
  const wanted = reference(scale, zeroPoint, lowest, highest);

  const network = (learnsZeroPoint: boolean): Graph =>
    makeGraph({
      inputs: ['x', 'scale', ...(learnsZeroPoint ? ['zero'] : [])].map((name) =>
        makeValue(name, 'float32', [name === 'x' ? count : 1]),
      ),
      outputs: [],
      nodes: [
        ...(learnsZeroPoint
          ? [makeNode('Round', ['zero'], ['whole']), makeNode('Cast', ['whole'], ['code'], { to: attr.int(2) })]
          : []),
        makeNode('QuantizeLinear', ['x', 'scale', 'code'], ['codes']),
        makeNode('Clip', ['codes', 'lowest', 'highest'], ['limited']),
        makeNode('DequantizeLinear', ['limited', 'scale', 'code'], ['y']),
      ],
      initializers: {
        ...(learnsZeroPoint ? {} : { code: uint8Tensor([1], [zeroPoint]) }),
        lowest: uint8Tensor([], [lowest]),
        highest: uint8Tensor([], [highest]),
      },
    });
  const rounded = { x: 'x', y: 'y', scale: 'scale', lowest, highest, isPositive: false };
  const feeds = { x: float32Tensor([count], xs), scale: float32Tensor([1], [scale]) };

  test('gradients of the value and its scale', async () => {
    const estimated = new Map([['y', roundedGradient({ ...rounded, zeroPoint })]]);
    const found = await gradientsOf(network(false), feeds, projection, estimated);
    expectClose(found['x'], wanted.ofX);
    expectClose(found['scale'], [wanted.ofScale]);
  });

  test('gradients of a learned zero point too', async () => {
    const estimated = new Map([['y', roundedGradient({ ...rounded, zeroPoint: 'whole' })]]);
    const zero = float32Tensor([1], [zeroPoint + 0.3]);
    const found = await gradientsOf(network(true), { ...feeds, zero }, projection, estimated);
    expectClose(found['x'], wanted.ofX);
    expectClose(found['scale'], [wanted.ofScale]);
    expectClose(found['zero'], [wanted.ofZeroPoint]);
  });
});

test('weights: LSQ follows from division, bounds, rounding and multiplication', async () => {
  const [scale, lowest, highest] = [0.4, -4, 3];
  const graph = makeGraph({
    inputs: [makeValue('x', 'float32', [count]), makeValue('scale', 'float32', [1])],
    outputs: [],
    nodes: [
      makeNode('Div', ['x', 'scale'], ['steps']),
      makeNode('Clip', ['steps', 'lowest', 'highest'], ['bounded']),
      makeNode('Round', ['bounded'], ['codes']),
      makeNode('Mul', ['codes', 'scale'], ['y']),
    ],
    initializers: { lowest: float32Tensor([], [lowest]), highest: float32Tensor([], [highest]) },
  });
  const feeds = { x: float32Tensor([count], xs), scale: float32Tensor([1], [scale]) };
  const wanted = reference(scale, 0, lowest, highest);
  const found = await gradientsOf(graph, feeds, projection);
  expectClose(found['x'], wanted.ofX);
  expectClose(found['scale'], [wanted.ofScale]);
});

describe('a scale as a factor of that of calibration', () => {
  const scale = { factors: 'factors', start: float32Tensor([4], [0.1, 0.2, 0.3, 0.4]), most: 1.5 };
  const factors = float32Tensor([4], [1, 1.7, 0.01, 1.2]);

  async function written(gradient: number): Promise<{ scales: number[]; gradients: number[] }> {
    const graph = makeGraph({ inputs: [makeValue('factors', 'float32', [4])], outputs: [], nodes: [] });
    const writer = new NodeWriter(graph, new FreshNames(graph));
    const estimated = new Map<string, EstimatedGradient>();
    const y = writeScale(writer, scale, estimated);
    writer.append();
    graph.nodes.push(makeNode('Identity', [y], ['y']));
    graph.outputs = [makeValue('y', 'float32', [4])];
    const scales = [...((await runGraph(graph, { factors }))['y']!.data as Float32Array)];
    const found = await gradientsOf(graph, { factors }, new Float32Array(4).fill(gradient), estimated);
    return { scales, gradients: found['factors']! };
  }

  test('computes the same numbers in the graph and beside it', async () => {
    expect((await written(1)).scales).toEqual([...scalesUnder(scale, factors)]);
    expect([...scalesUnder(scale, undefined)]).toEqual([...(scale.start.data as Float32Array)]);
  });

  test('beyond a bound it may come back, but not go on', async () => {
    // Descending: a positive gradient makes factors smaller.
    expectClose((await written(1)).gradients, [0.1, 0.2, 0, 0.4]);
    expectClose((await written(-1)).gradients, [-0.1, 0, -0.3, -0.4]);
  });

  test.each([
    [6, 6 / 255, 255],
    [6, 0.02, 255],
    [1, 1 / 15, 15],
    [6, 1, 255],
  ])('ends no higher than %d from %d on', (end, start, levels) => {
    const first = Math.fround(start);
    const most = mostUpTo(end, first, levels);
    const last = Math.fround(Math.fround(first * most) * levels);
    if (most > 1) expect(last).toBeLessThanOrEqual(end);
    if (most > 1) expect(last).toBeGreaterThan(end * (1 - 1e-5));
    expect(most).toBeGreaterThanOrEqual(1);
  });
});
