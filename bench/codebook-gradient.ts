/**
 * Time of the gradient of a table whose entries many weights share, by two equal formulas: a scattered sum, and a sum under a mask for each entry.
 * Usage: codebook-gradient [weights] [entries, comma separated] [threads]
 */
import { calculator } from '../src/main/engine/compression/calculator';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import { GradientWriter } from '../src/main/engine/gradients/gradient-writer';
import { FreshNames } from '../src/main/engine/onnx/fresh-names';
import type { Graph } from '../src/main/engine/onnx/graph';
import { attr, int32Tensor, makeValue } from '../src/main/engine/onnx/make';
import { encodeModel } from '../src/main/engine/onnx/save';
import { timed } from './thread-time';

const [weights = '3500000', tables = '4,16,64,256', threads = '2'] = process.argv.slice(2);
const count = Number(weights);
const random = createRandom(1);
const gradient = Float32Array.from({ length: count }, () => random() - 0.5);

const formulas = {
  'scattered sum': (write: GradientWriter, codes: string, entries: number) => {
    const zeros = write.expand(write.scalar(0), [1, entries]);
    const attributes = { axis: attr.int(1), reduction: attr.string('add') };
    return write.emit('ScatterElements', [zeros, codes, 'gradient'], attributes);
  },
  'masked sums': (write: GradientWriter, codes: string, entries: number) => {
    const sums = Array.from({ length: entries }, (_, entry) => {
      const isMember = write.emit('Equal', [codes, write.store(int32Tensor([], [entry]))]);
      return write.sum(write.where(isMember, 'gradient'), [1], true);
    });
    return write.concat(sums, 1);
  },
};

for (const entries of tables.split(',').map(Number)) {
  const codes = int32Tensor(
    [1, count],
    Int32Array.from({ length: count }, () => Math.floor(random() * entries)),
  );
  for (const [name, formula] of Object.entries(formulas)) {
    const graph: Graph = {
      name: 'sums',
      producer: 'bench',
      irVersion: 8,
      opsets: { '': 17 },
      inputs: [makeValue('gradient', 'float32', [1, count])],
      outputs: [],
      nodes: [],
      initializers: new Map(),
      metadata: {},
    };
    const write = new GradientWriter(graph, new FreshNames(graph));
    graph.outputs = [makeValue(formula(write, write.store(codes), entries), 'float32', [1, entries])];
    write.append();
    const session = await calculator.open(encodeModel(graph), { threads: Number(threads) });
    const feeds = { gradient: { type: 'float32' as const, shape: [1, count], data: gradient } };
    await session.run(feeds);
    const times: number[] = [];
    for (let at = 0; at < 7; at++) times.push((await timed(() => session.run(feeds))).wall);
    await session.close();
    const median = times.toSorted((a, b) => a - b)[3]!;
    console.log(`${count} weights, ${entries} entries, ${threads} threads, ${name}: ${median.toFixed(0)} ms`);
  }
}
