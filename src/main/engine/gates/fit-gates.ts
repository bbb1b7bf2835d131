import { AppError } from '@shared/errors';
import { runCalibration } from '../compression/calibration/calibration-run';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { MatrixProducts, type Matrix } from '../compression/algebra/matrix-products';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, elementCount, type Graph } from '../onnx/graph';
import { float32Tensor, makeValue } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import type { GatedChain, HiddenChannels } from './gated-chains';
import { kernelRidge } from './kernel-ridge';
import type { Gate } from './masked-network';

/** Gates are fitted to so many images at most: time grows with the third power of them. */
const mostImages = 384;

/**
 * Gates that foretell what each hidden channel of an image contributes to the layer that reads it: the root of its mean square over positions times the
 * norm of the weights that read it, by ridge regression from the means of the channels that the chain reads. Where nothing is foretold better than by the
 * mean over images, every image gets the same channels.
 * Throws `technique.failed` without images, `cancelled`.
 */
export async function fitGates(
  graph: Graph,
  chains: readonly GatedChain[],
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<Map<HiddenChannels, Gate>> {
  const seen = await seenOf(graph, chains, Math.min(images, mostImages), context, id);
  const products = await MatrixProducts.open(context.threads);
  const gates = new Map<HiddenChannels, Gate>();
  try {
    for (const [at, { input, hidden }] of chains.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('gates', at, chains.length);
      for (const each of hidden) {
        const { weight, bias } = await kernelRidge(
          matrixOf(seen.get(input)!),
          matrixOf(seen.get(each.value)!),
          products,
        );
        const { rows, columns, data } = weight;
        gates.set(each, { weight: float32Tensor([rows, columns], data), bias: float32Tensor([rows], bias) });
      }
    }
    return gates;
  } finally {
    await products.close();
  }
}

/** Batches of rows, one an image, of equal width. */
interface Seen {
  width: number;
  batches: Float32Array[];
}

function matrixOf({ width, batches }: Seen): Matrix {
  const data = new Float32Array(batches.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const batch of batches) {
    data.set(batch, at);
    at += batch.length;
  }
  return { rows: data.length / width, columns: width, data };
}

async function seenOf(
  graph: Graph,
  chains: readonly GatedChain[],
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<Map<string, Seen>> {
  const watched = copyGraph(graph);
  const write = new NodeWriter(watched, new FreshNames(watched));
  const means = (value: string): string => write.emit('Flatten', [write.emit('GlobalAveragePool', [value])]);
  const outputs = new Map<string, string>();
  const seen = new Map<string, Seen>();
  const watch = (value: string, width: number, output: string): void => {
    outputs.set(value, output);
    seen.set(value, { width, batches: [] });
  };
  for (const { input, hidden } of chains) {
    watch(input, graph.initializers.get(hidden[0]!.makers[0]!.inputs[1]!)!.shape[1]!, means(input));
    for (const each of hidden) {
      const { value, channels } = each;
      const spread = write.emit('Sqrt', [means(write.emit('Mul', [value, value]))]);
      const norms = write.store(float32Tensor([channels], readerNorms(graph, each)));
      watch(value, channels, write.emit('Mul', [spread, norms]));
    }
  }
  write.append();
  watched.outputs = [...outputs.values()].map((name) => makeValue(name, 'float32', []));
  await runCalibration(watched, images, context, id, (results) => {
    for (const [value, name] of outputs)
      seen.get(value)!.batches.push(Float32Array.from(results[name]!.data as Float32Array));
  });
  return seen;
}

/** Of the weights that read each channel. */
function readerNorms(graph: Graph, { reader, channels }: HiddenChannels): Float32Array {
  const { shape, data } = graph.initializers.get(reader.inputs[1]!)!;
  const kernel = elementCount(shape.slice(2));
  const squares = new Float64Array(channels);
  (data as Float32Array).forEach((value, at) => (squares[Math.floor(at / kernel) % channels]! += value ** 2));
  return Float32Array.from(squares, Math.sqrt);
}
