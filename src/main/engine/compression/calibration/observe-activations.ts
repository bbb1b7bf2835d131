import { AppError } from '@shared/errors';
import { noImages } from './calibration-run';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { attr, makeNode, makeValue } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { inferShapes } from '../../onnx/shapes';
import { calculator, type RuntimeTensor, type Session } from '../calculator';
import type { TechniqueContext } from './technique-context';
import { ActivationObserver, type ValueObservation } from './activation-observer';
import { FreshNames } from '../../onnx/fresh-names';
import { networkKey } from './network-key';

/** Part of the cache key: raise it when the same images would be observed differently. */
const observerVersion = 2;
/** Images a run takes when the model leaves it open. */
export const calibrationBatch = 4;

/**
 * Elements looked at per value and image, about. Values with more are observed on an even grid of positions, all channels at each: reading
 * all 7 million activations of mobilenetv2 takes three times as long as computing them, and even only their extremes in ONNX Runtime
 * as long again; the whole pass with the grid takes half as long again. It is a MaxPool of one pixel, which reads ONNX Runtime's blocked layout as it lies in memory.
 * Extremes are those of all elements, by a MaxPool of windows without gaps: a range that leaves some out clips what heavy-tailed values (gates, swish) carry,
 * and EfficientNet lost four times as much by it.
 */
const sampledElements = 2048;

/** Give nothing below zero, so that their smallest elements need no search. */
const positiveOps = new Set(['Relu', 'Sigmoid', 'HardSigmoid']);

/** Rows and columns from one observed position to the next. */
export function gridStep(shape: readonly unknown[]): number {
  const [, channels, height, width] = shape;
  if (shape.length !== 4) return 1;
  if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') return 1;
  const step = Math.ceil(Math.sqrt((channels * height * width) / sampledElements));
  return Math.max(1, Math.min(step, height, width));
}

/** What shows one value: all of it, or a grid of positions with the largest and the smallest element of each window between them. */
interface Outlook {
  grid: string;
  maxima?: string;
  /** Negated. */
  minima?: string;
}

/** The graph with nothing but what shows the values as outputs; `outlooks` are in the order of `values`. */
function observedGraph(graph: Graph, values: readonly string[]): { observed: Graph; outlooks: Outlook[] } {
  const shapes = inferShapes(graph);
  const observed = copyGraph(graph);
  const names = new FreshNames(graph);
  const index = indexGraph(graph);
  const emit = (op: string, input: string, attributes: Node['attributes'] = {}): string => {
    const output = names.next();
    observed.nodes.push(makeNode(op, [input], [output], attributes));
    return output;
  };
  const outlooks = values.map((value): Outlook => {
    const shape = shapes.get(value)?.shape ?? [];
    const step = gridStep(shape);
    if (step === 1) return { grid: value };
    const strides = attr.ints([step, step]);
    const window = { kernel_shape: attr.ints([step, step]), strides, ceil_mode: attr.int(1) };
    const isPositive = positiveOps.has(index.producer(value)?.op ?? '');
    return {
      grid: emit('MaxPool', value, { kernel_shape: attr.ints([1, 1]), strides }),
      maxima: emit('MaxPool', value, window),
      ...(isPositive ? {} : { minima: emit('MaxPool', emit('Neg', value), window) }),
    };
  });
  observed.outputs = outlooks.flatMap(({ grid, maxima, minima }, at) => [
    makeValue(grid, 'float32', grid === values[at] ? (shapes.get(grid)?.shape ?? []) : []),
    ...[maxima, minima].flatMap((name) => (name === undefined ? [] : [makeValue(name, 'float32', [])])),
  ]);
  return { observed: removeDead(observed), outlooks };
}

/** Repeats the last image until a model with a fixed batch is full. */
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

async function observe(
  graph: Graph,
  values: readonly string[],
  { calibration, signal, progress, threads }: TechniqueContext,
  id: string,
): Promise<Record<string, ValueObservation>> {
  const { observed, outlooks } = observedGraph(graph, values);
  const observers = values.map(() => new ActivationObserver());
  const input = graph.inputs[0]!;
  const fixedBatch = typeof input.shape[0] === 'number' && input.shape[0] > 0 ? input.shape[0] : undefined;
  const batches = calibration.batches(fixedBatch ?? calibrationBatch)[Symbol.asyncIterator]();
  // The first images are made ready while the session opens.
  const first = batches.next();
  first.catch(() => undefined);
  let session: Session | undefined;
  try {
    session = await calculator.open(encodeModel(observed), { threads });
    let done = 0;
    // Every batch writes into the memory of the one before: what waits for the garbage collector would grow with the images.
    let results: Record<string, RuntimeTensor> | undefined;
    let size = 0;
    for (let next = await first; next.done !== true; next = await batches.next()) {
      if (signal.aborted) throw new AppError('cancelled');
      const count = next.value.shape[0]!;
      const { data, shape } = fillBatch(next.value, fixedBatch ?? 0);
      const feeds = { [input.name]: { type: 'float32' as const, shape, data } };
      results = await session.run(feeds, shape[0] === size ? results : undefined);
      size = shape[0]!;
      // Of a filled batch, only the images.
      const imagesOf = ({ data: all, shape: whole }: RuntimeTensor): [Float32Array, number[]] =>
        whole[0] === shape[0]
          ? [(all as Float32Array).subarray(0, (all.length / shape[0]!) * count), [count, ...whole.slice(1)]]
          : [all as Float32Array, []];
      for (const [at, { grid, maxima, minima }] of outlooks.entries()) {
        const observer = observers[at]!;
        let isFinite = observer.add(...imagesOf(results[grid]!));
        if (maxima !== undefined) isFinite &&= observer.widen(1, ...imagesOf(results[maxima]!));
        if (minima !== undefined) isFinite &&= observer.widen(-1, ...imagesOf(results[minima]!));
        if (isFinite) continue;
        const detail = `the value "${values[at]}" is not a finite number on calibration images`;
        throw new AppError('technique.failed', { id, detail });
      }
      done += count;
      progress('calibrating', done, calibration.count);
    }
  } finally {
    await batches.return?.();
    await session?.close();
  }
  return Object.fromEntries(values.map((value, index) => [value, observers[index]!.result()]));
}

/**
 * What the float32 values of a graph are on the calibration images, in one pass that other steps on the same graph and images reuse.
 * Memory does not grow with the number of images.
 * Throws `technique.failed` without images or when a value is not finite, `cancelled` once the signal fires.
 */
export async function observeActivations(
  graph: Graph,
  values: readonly string[],
  context: TechniqueContext,
  id: string,
): Promise<Map<string, ValueObservation>> {
  if (values.length === 0) return new Map();
  if (context.calibration.count === 0) throw noImages(id);
  const key = ['observe-activations', observerVersion, networkKey(graph), values];
  return new Map(Object.entries(await context.cached(key, () => observe(graph, values, context, id))));
}
