import { AppError } from '@shared/errors';
import { runCalibration } from '../compression/calibration/calibration-run';
import type { RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { MatrixProducts, type Matrix } from '../compression/algebra/matrix-products';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, elementCount, type Graph } from '../onnx/graph';
import { float32Tensor, makeValue } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import { isReadByProduct, type GatedChain, type HiddenChannels } from './gated-chains';
import { columnMeans, kernelRidge } from './kernel-ridge';
import type { Gate } from './masked-network';

/** Gates are fitted to so many images at most: time grows with the third power of them. */
const mostImages = 384;

/**
 * Gates that foretell what the layer that reads hidden channels misses of an image where it misses one: the root of the mean square over positions times the
 * norm of the weights that read it, by ridge regression from the means of the channels that the chain reads. Where nothing is foretold better than by the
 * mean over images, every image gets the same channels. Where the reader is a matrix product, the mean over images stands in for a channel left out.
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
    for (const [at, chain] of chains.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('gates', at, chains.length);
      for (const each of chain.hidden) {
        const standIn = isReadByProduct(graph, chain, each) ? columnMeans(seen.means.get(each.value)!) : undefined;
        const missed = missedWithout(seen, each.value, readerNorms(graph, each), standIn);
        const { weight, bias } = await kernelRidge(seen.means.get(chain.input)!, missed, products);
        const { rows, columns, data } = weight;
        gates.set(each, {
          weight: float32Tensor([rows, columns], data),
          bias: float32Tensor([rows], bias),
          ...(standIn && { standIn: float32Tensor([rows], standIn) }),
        });
      }
    }
    return gates;
  } finally {
    await products.close();
  }
}

/** What was seen of values, a row for each image: means and, of hidden ones, mean squares over positions. */
interface Seen {
  means: Map<string, Matrix>;
  squares: Map<string, Matrix>;
}

async function seenOf(
  graph: Graph,
  chains: readonly GatedChain[],
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<Seen> {
  const watched = copyGraph(graph);
  const write = new NodeWriter(watched, new FreshNames(watched));
  const pooled = (value: string): string => write.emit('Flatten', [write.emit('GlobalAveragePool', [value])]);
  const hidden = chains.flatMap((chain) => chain.hidden.map(({ value }) => value));
  const values = [...new Set([...chains.map(({ input }) => input), ...hidden])];
  const outputs = {
    means: values.map((value) => [value, pooled(value)] as const),
    squares: hidden.map((value) => [value, pooled(write.emit('Mul', [value, value]))] as const),
  };
  write.append();
  watched.outputs = [...outputs.means, ...outputs.squares].map(([, name]) => makeValue(name, 'float32', []));
  const batches = new Map<string, RuntimeTensor[]>(watched.outputs.map(({ name }) => [name, []]));
  await runCalibration(watched, images, context, id, (results) => {
    for (const [name, known] of batches) known.push({ ...results[name]!, data: results[name]!.data.slice() });
  });
  const joined = (named: readonly (readonly [string, string])[]): Map<string, Matrix> =>
    new Map(named.map(([value, name]) => [value, rowsOf(batches.get(name)!)]));
  return { means: joined(outputs.means), squares: joined(outputs.squares) };
}

function rowsOf(batches: readonly RuntimeTensor[]): Matrix {
  const columns = batches[0]!.shape[1]!;
  const data = new Float32Array(batches.reduce((sum, batch) => sum + batch.data.length, 0));
  let at = 0;
  for (const batch of batches) {
    data.set(batch.data as Float32Array, at);
    at += batch.data.length;
  }
  return { rows: data.length / columns, columns, data };
}

/** What a reader misses of each image without a channel, in whose place is a constant or nothing. */
function missedWithout(
  { means, squares }: Seen,
  value: string,
  norms: Float64Array,
  standIn: Float64Array = new Float64Array(norms.length),
): Matrix {
  const mean = means.get(value)!.data;
  const square = squares.get(value)!;
  const data = square.data.map((each, at) => {
    const channel = at % square.columns;
    const constant = standIn[channel]!;
    return norms[channel]! * Math.sqrt(Math.max(0, each - 2 * constant * mean[at]! + constant ** 2));
  });
  return { ...square, data };
}

/** Of the weights that read each channel. */
function readerNorms(graph: Graph, { reader, channels }: HiddenChannels): Float64Array {
  const { shape, data } = graph.initializers.get(reader.inputs[1]!)!;
  const kernel = elementCount(shape.slice(2));
  const squares = new Float64Array(channels);
  (data as Float32Array).forEach((value, at) => (squares[Math.floor(at / kernel) % channels]! += value ** 2));
  return squares.map(Math.sqrt);
}
