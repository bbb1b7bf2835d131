import { AppError } from '@shared/errors';
import { copyGraph, type Graph } from '../onnx/graph';
import { attr, makeNode, makeValue } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { encodeModel } from '../onnx/save';
import { ort } from '../runtimes/ort';
import type { TechniqueContext } from '../techniques/technique';
import type { Range } from './affine-quantization';
import { FreshNames } from './fresh-names';

const defaultBatch = 4;

interface Probe {
  value: string;
  minName: string;
  maxName: string;
}

/** The graph with nothing but the smallest and largest element of each value as outputs: memory does not grow with the images. */
function probedGraph(graph: Graph, values: readonly string[]): { probed: Graph; probes: Probe[] } {
  const probed = copyGraph(graph);
  const names = new FreshNames(graph);
  const scalar = { keepdims: attr.int(0) };
  probed.outputs = [];
  const probes = values.map((value): Probe => {
    const probe = { value, minName: names.next(), maxName: names.next() };
    probed.nodes.push(
      makeNode('ReduceMin', [value], [probe.minName], scalar),
      makeNode('ReduceMax', [value], [probe.maxName], scalar),
    );
    probed.outputs.push(makeValue(probe.minName, 'float32', []), makeValue(probe.maxName, 'float32', []));
    return probe;
  });
  return { probed: removeDead(probed), probes };
}

/** Repeats the last image until a model with a fixed batch is full; minima and maxima do not change by that. */
function fillBatch(
  batch: { data: Float32Array; shape: number[] },
  size: number,
): { data: Float32Array; shape: number[] } {
  const count = batch.shape[0]!;
  if (count >= size) return batch;
  const image = batch.data.length / count;
  const data = new Float32Array(image * size);
  data.set(batch.data);
  for (let index = count; index < size; index++) data.copyWithin(index * image, (count - 1) * image, count * image);
  return { data, shape: [size, ...batch.shape.slice(1)] };
}

/**
 * The smallest and largest element each float32 value of the graph takes over all calibration images.
 * Throws `technique.failed` without images or when a value is not finite, `cancelled` once the signal fires.
 */
export async function observeRanges(
  graph: Graph,
  values: readonly string[],
  context: TechniqueContext,
  id: string,
): Promise<Map<string, Range>> {
  const ranges = new Map(values.map((value): [string, Range] => [value, { min: Infinity, max: -Infinity }]));
  if (values.length === 0) return ranges;
  const { calibration, signal, progress, threads } = context;
  if (calibration.count === 0)
    throw new AppError('technique.failed', { id, detail: 'it needs calibration images, and the dataset gives none' });
  const { probed, probes } = probedGraph(graph, values);
  const input = graph.inputs[0]!;
  const fixedBatch = typeof input.shape[0] === 'number' && input.shape[0] > 0 ? input.shape[0] : undefined;
  const session = await ort.open(encodeModel(probed), { threads });
  try {
    let done = 0;
    for await (const batch of calibration.batches(fixedBatch ?? defaultBatch)) {
      if (signal.aborted) throw new AppError('cancelled');
      const { data, shape } = fillBatch(batch, fixedBatch ?? 0);
      const results = await session.run({ [input.name]: { type: 'float32', shape, data } });
      for (const { value, minName, maxName } of probes) {
        const range = ranges.get(value)!;
        const [min, max] = [Number(results[minName]!.data[0]), Number(results[maxName]!.data[0])];
        if (!Number.isFinite(min) || !Number.isFinite(max)) {
          throw new AppError('technique.failed', {
            id,
            detail: `the value "${value}" is not a finite number on calibration images`,
          });
        }
        range.min = Math.min(range.min, min);
        range.max = Math.max(range.max, max);
      }
      done += batch.shape[0]!;
      progress('calibrating', done, calibration.count);
    }
  } finally {
    await session.close();
  }
  return ranges;
}
