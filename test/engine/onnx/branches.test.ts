import { expect, test } from 'vitest';
import { withExitTaken } from '../../../src/main/engine/onnx/exit-taken';
import { parseBranching } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { branchingGraph } from '../../fixtures/branching-graph';

const graph = branchingGraph();
const weight = graph.initializers.get('weight')!.data as Float32Array;

test.each([
  ['leaves at the first exit', [0.9, -1, 0.25], 0, (x: number[]) => x.map((value) => 2 * value)],
  ['leaves at the second', [0.5, -1, 0.25], 1, (x: number[]) => x.map((value) => 6 * value)],
  [
    'goes all the way',
    [0.25, -1, 0],
    -1,
    (x: number[]) =>
      [0, 1, 2].map((column) => x.reduce((sum, value, row) => sum + 2 * value * weight[3 * row + column]!, 0)),
  ],
])('what %s is computed there, and told', async (_, x, exit, expected) => {
  const told = withExitTaken(parseBranching(encodeModel(graph), 'net.onnx'));
  expect(told.nodes).toEqual(['exit_1', 'exit_2']);
  const session = await ort.open(encodeModel(told.graph), { threads: 1 });
  try {
    const results = await session.run({ x: { type: 'float32', shape: [1, 3], data: Float32Array.from(x) } });
    const answer = [...(results.y!.data as Float32Array)];
    expect(answer.map((value) => Number(value.toFixed(5)))).toEqual(
      expected(x).map((value) => Number(value.toFixed(5))),
    );
    expect(Number(results[told.output]!.data[0])).toBe(exit);
  } finally {
    await session.close();
  }
});
