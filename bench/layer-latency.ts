/**
 * What the latency table is worth: time to measure it, and its sum over layers against the latency of the whole network, for every zoo
 * network as it is and made uniformly thinner. Least of many runs on both sides, so that a busy machine does not decide.
 * Usage: layer-latency [network]
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { latencyTable } from '../src/main/engine/compression/latency/layer-latency';
import { layerShapes } from '../src/main/engine/compression/latency/layer-shape';
import { copyGraph, elementCount, type Graph } from '../src/main/engine/onnx/graph';
import { loadModel } from '../src/main/engine/onnx/load';
import { attr, float32Tensor } from '../src/main/engine/onnx/make';
import { encodeModel } from '../src/main/engine/onnx/save';
import { simplify } from '../src/main/engine/onnx/simplify';
import { ort } from '../src/main/engine/runtimes/ort';

const zoo = join(process.env.WHITTLE_SHARED ?? resolve('../shared'), 'zoo');
const names = process.argv[2] ? [process.argv[2]] : ['squeezenet1.1', 'mobilenetv2', 'resnet50'];
const factors = [0.875, 0.75, 0.625, 0.5, 0.375];
const classes = 1000;
const leastRuns = 150;

/** Colours and classes stay. */
const thinner = (channels: number, factor: number): number =>
  channels <= 4 || channels === classes ? channels : Math.max(8, Math.round((channels * factor) / 8) * 8);

function thin(graph: Graph, factor: number): Graph {
  const result = copyGraph(graph);
  for (const node of result.nodes) {
    if (node.op !== 'Conv' && node.op !== 'Gemm') continue;
    const group = node.attributes.group?.type === 'int' ? node.attributes.group.value : 1;
    if (group > 1) node.attributes.group = attr.int(thinner(group, factor));
    for (const name of node.inputs.slice(1)) {
      const { shape } = graph.initializers.get(name)!;
      const sizes = shape.map((size, axis) => (axis > 1 ? size : thinner(size, factor)));
      const values = Float32Array.from({ length: elementCount(sizes) }, () => (Math.random() - 0.5) * 0.01);
      result.initializers.set(name, float32Tensor(sizes, values));
    }
  }
  return result;
}

async function leastMs(graph: Graph): Promise<number> {
  const session = await ort.open(encodeModel(graph), { threads: 1 });
  const [name] = session.inputNames;
  const shape = [1, 3, 224, 224];
  const data = new Float32Array(elementCount(shape)).map(() => Math.random());
  let least = Infinity;
  const end = performance.now() + 3000;
  for (let run = 0; run < leastRuns || performance.now() < end; run++) {
    const start = performance.now();
    await session.run({ [name!]: { type: 'float32', shape, data } });
    least = Math.min(least, performance.now() - start);
  }
  await session.close();
  return least;
}

for (const name of names) {
  const path = join(zoo, `${name}.onnx`);
  if (!existsSync(path)) {
    console.log(`${name}: skipped, there is no ${path}`);
    continue;
  }
  // Without batch norms, whose statistics a thinner network could not share.
  const graph = simplify(await loadModel(path));
  const start = performance.now();
  const table = await latencyTable(graph, {
    cached: Object.assign(<T>(_key: unknown, compute: () => Promise<T>) => compute(), {
      peek: () => Promise.resolve(undefined),
    }),
    progress: () => undefined,
    signal: new AbortController().signal,
  });
  const seconds = (performance.now() - start) / 1000;
  const whole = await leastMs(graph);
  console.log(
    `${name}  table in ${seconds.toFixed(1)} s  sum ${table.total().toFixed(2)} ms  network ${whole.toFixed(2)} ms  sum / network ${(table.total() / whole).toFixed(3)}`,
  );
  for (const factor of factors) {
    const measured = await leastMs(thin(graph, factor));
    let predicted = 0;
    for (const [layer, { inputChannels, outputChannels }] of layerShapes(graph))
      predicted += table.milliseconds(layer, thinner(inputChannels, factor), thinner(outputChannels, factor));
    console.log(
      `  width ${factor}  predicted x${(predicted / table.total()).toFixed(3)}  measured x${(measured / whole).toFixed(3)}  error ${((100 * predicted * whole) / table.total() / measured - 100).toFixed(1)} %`,
    );
  }
}
