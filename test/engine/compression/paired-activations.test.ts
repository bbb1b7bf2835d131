import { expect, test } from 'vitest';
import { PairedActivations } from '../../../src/main/engine/compression/calibration/paired-activations';
import type { CalibrationImages } from '../../../src/main/engine/compression/calibration/technique-context';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';

const [count, narrow, wide, blocks] = [64, 8, 120, 3];

/** Blocks as of a transformer: a layer that makes many values of few, one that makes few of many, and what goes past both. */
function network(): Graph {
  const nodes = Array.from({ length: blocks }, (_, block) => {
    const [from, to] = [`x${block}`, `x${block + 1}`];
    return [
      makeNode('MatMul', [from, `up${block}`], [`h${block}`]),
      makeNode('Relu', [`h${block}`], [`r${block}`]),
      makeNode('MatMul', [`r${block}`, `down${block}`], [`y${block}`]),
      makeNode('Add', [from, `y${block}`], [to]),
    ];
  }).flat();
  const weights = nodes.flatMap(({ op, inputs }, at) =>
    op === 'MatMul'
      ? [[inputs[1]!, noiseTensor(inputs[1]!.startsWith('up') ? [narrow, wide] : [wide, narrow], at)] as const]
      : [],
  );
  return makeGraph({
    inputs: [makeValue('x0', 'float32', ['batch', narrow])],
    outputs: [makeValue(`x${blocks}`, 'float32', [])],
    nodes,
    initializers: Object.fromEntries(weights),
  });
}

/** Memory for all images in front of a block, and for half of them inside. */
const memory = (count * 2 * 4 * (2 * narrow + wide)) / 2 + 1;

test.each([
  ['fewer images inside a block', memory, [64, 32, 64, 32, 64, 32]],
  ['all images', 1e6, [64, 64, 64, 64, 64, 64]],
  ['as few as are held whatever they take', 1, [32, 32, 32, 32, 32, 32]],
  ['no more than are asked for, in whole batches', 1e6, [40, 40, 40, 40, 40, 40], 45],
] as [string, number, number[], number?][])(
  'each layer is shown what it reads in both networks, %s, and images run from the input once',
  async (_, bytes, used, limit = count) => {
    const reference = network();
    const graph = copyGraph(reference);
    const data = noise(count * narrow, 5);
    let walks = 0;
    const calibration: CalibrationImages = {
      count,
      async *batches(size) {
        walks++;
        for (let first = 0; first < count; first += size)
          yield await Promise.resolve({
            data: data.slice(first * narrow, (first + size) * narrow),
            shape: [size, narrow],
          });
      },
    };
    const context = { calibration, threads: 1, signal: new AbortController().signal };
    const activations = new PairedActivations(graph, reference, limit, context, 'test', bytes);
    const layers = graph.nodes.filter(({ op }) => op === 'MatMul');
    for (const [at, layer] of layers.entries()) {
      const read = layer.inputs[0]!;
      const names = [read, activations.referenceOf(read)];
      const found = names.map((): number[] => []);
      const output = (name: string): string => `${name}.out`;
      await activations.observe(
        layer,
        (section) => {
          for (const name of new Set(names)) section.nodes.push(makeNode('Identity', [name], [output(name)]));
          section.outputs = [...new Set(names)].map((name) => makeValue(output(name), 'float32', []));
        },
        (results) =>
          names.forEach((name, which) => found[which]!.push(...(results[output(name)]!.data as Float32Array))),
      );
      const position = graph.nodes.indexOf(layer);
      for (const [which, whole] of [graph, reference].entries()) {
        const before = { ...whole, outputs: [makeValue(read, 'float32', [])], nodes: whole.nodes.slice(0, position) };
        const all =
          position === 0
            ? data
            : ((await runGraph(before, { x0: float32Tensor([count, narrow], data) }))[read]!.data as Float32Array);
        const width = all.length / count;
        expect(found[which]).toHaveLength(used[at]! * width);
        found[which]!.forEach((value, index) => expect(value).toBeCloseTo(all[index]!, 3));
      }
      // As techniques do: the layer changes, and what is behind it reads what it gives then.
      const { shape } = graph.initializers.get(layer.inputs[1]!)!;
      graph.initializers.set(layer.inputs[1]!, noiseTensor(shape, 100 + at));
    }
    expect(walks).toBe(1);
  },
);
