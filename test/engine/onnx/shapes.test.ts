import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/main/engine/onnx/evaluate/evaluate';
import { isNumeric, knownValueOf } from '../../../src/main/engine/onnx/evaluate/value';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { hasZoo, needsZoo, zooNames, zooPath } from '../../fixtures/zoo';
import { elementwiseCases, otherCases, windowCases, type Case } from './operator-cases';

function single({ op, feeds, constants = [], attributes = {}, outputs = 1, opset = 17 }: Case): {
  graph: Graph;
  feeds: Record<string, Tensor>;
} {
  const names = feeds.map((_, index) => `x${index}`);
  const fixed = constants.map((tensor, index) => (tensor ? `c${index}` : ''));
  const results = Array.from({ length: outputs }, (_, index) => `y${index}`);
  const graph = makeGraph({
    opset,
    inputs: feeds.map((tensor, index) => makeValue(names[index]!, tensor.type, tensor.shape)),
    outputs: results.map((name) => makeValue(name, 'float32', [])),
    nodes: [makeNode(op, [...names, ...fixed], results, attributes)],
    initializers: Object.fromEntries(constants.flatMap((tensor, index) => (tensor ? [[`c${index}`, tensor]] : []))),
  });
  const shapes = inferShapes(graph);
  for (const output of graph.outputs) output.type = shapes.get(output.name)?.type ?? 'float32';
  return { graph, feeds: Object.fromEntries(feeds.map((tensor, index) => [names[index]!, tensor])) };
}

const describeCase = (each: Case): string =>
  `${each.op}-${each.opset ?? 17} ${each.feeds.map((tensor) => `[${tensor.shape.join(',')}]`).join(' ')} ${Object.entries(
    each.attributes ?? {},
  )
    .map(([name, attribute]) => {
      const { type, value } = attribute;
      return `${name}=${type === 'tensor' ? value.type : type === 'graph' ? type : String(value)}`;
    })
    .join(' ')}`;

async function compareWithRuntime(each: Case): Promise<void> {
  const { graph, feeds } = single(each);
  const shapes = inferShapes(graph);
  const results = await runGraph(graph, feeds);
  for (const { name } of graph.outputs) {
    expect(shapes.get(name), `${describeCase(each)} -> ${name}`).toEqual({
      type: results[name]!.type,
      shape: [...results[name]!.shape],
    });
  }
}

describe('shapes are those ONNX Runtime computes', () => {
  test('windows: padding, strides, dilation, ceil mode', async () => {
    const cases = windowCases();
    expect(cases.length).toBeGreaterThan(190);
    for (const each of cases) await compareWithRuntime(each);
  });

  test.each(elementwiseCases.map((each) => [describeCase(each), each] as const))('%s', async (_title, each) => {
    await compareWithRuntime(each);
  });

  test.each(otherCases.map((each) => [describeCase(each), each] as const))('%s', async (_title, each) => {
    await compareWithRuntime(each);
  });

  test('constants are evaluated to the same numbers', async () => {
    const evaluated = new Set<string>();
    for (const each of [...elementwiseCases, ...otherCases]) {
      const { graph, feeds } = single(each);
      const inputs = graph.nodes[0]!.inputs.map((name) => feeds[name] ?? graph.initializers.get(name));
      const value = evaluate(
        graph.nodes[0]!,
        inputs.map((tensor) => tensor && knownValueOf(tensor)),
        each.opset ?? 17,
      );
      if (!value || !isNumeric(value)) continue;
      const { y0 } = await runGraph(graph, feeds);
      const wanted = Array.from(y0!.data as ArrayLike<number | bigint>, Number);
      expect([value.type, value.shape], describeCase(each)).toEqual([y0!.type, [...y0!.shape]]);
      const worst = wanted.reduce((most, number, index) => {
        const found = value.data[index]!;
        return Object.is(number, found)
          ? most
          : Math.max(most, Math.abs(number - found) / Math.max(1, Math.abs(number)));
      }, 0);
      expect(worst, describeCase(each)).toBeLessThan(1e-5);
      expect(value.data.length).toBe(wanted.length);
      evaluated.add(each.op);
    }
    expect([...evaluated].sort()).toEqual(
      expect.arrayContaining([
        'Add',
        'Cast',
        'Concat',
        'ConstantOfShape',
        'Div',
        'Equal',
        'Expand',
        'Flatten',
        'Gather',
        'Range',
        'Reshape',
        'Slice',
        'Squeeze',
        'Transpose',
        'Unsqueeze',
        'Where',
      ]),
    );
  });
});

describe.skipIf(!hasZoo)(`every value of the networks${needsZoo}`, () => {
  test.each(zooNames)('%s', async (name) => {
    const graph = await loadModel(zooPath(name));
    const batch = 2;
    const shapes = inferShapes(graph, { input: [batch, 3, 224, 224] });
    const produced = graph.nodes.flatMap((node) => node.outputs.filter((output) => output !== ''));
    const all = {
      ...graph,
      outputs: produced.map((value) => makeValue(value, shapes.get(value)?.type ?? 'float32', [])),
    };
    const results = await runGraph(all, { input: noiseTensor([batch, 3, 224, 224]) });
    expect(produced.length).toBeGreaterThan(60);
    for (const value of produced) {
      expect(shapes.get(value), value).toEqual({ type: results[value]!.type, shape: [...results[value]!.shape] });
    }
    // The symbolic batch reaches the output by itself.
    expect(inferShapes(graph).get('logits')?.shape).toEqual([graph.inputs[0]!.shape[0], 1000]);
  });
});
