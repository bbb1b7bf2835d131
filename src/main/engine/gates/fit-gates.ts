import { AppError } from '@shared/errors';
import { runCalibration } from '../compression/calibration/calibration-run';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { GramSums } from '../compression/calibration/gram';
import { MatrixProducts, type Matrix } from '../compression/algebra/matrix-products';
import { checkedRefit } from '../compression/reconstruction/checked-refit';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, elementCount, type Graph } from '../onnx/graph';
import { float32Tensor, makeValue } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import type { GatedChain, HiddenChannels } from './gated-chains';
import type { Gate } from './masked-network';

/** Parts that images go into, one held out at a time, for the penalty of the regression; half of many is enough to fit to. */
const foldsFor = (images: number): number => (images >= 64 ? 2 : 4);

/** What was seen of images: a row for each. */
class Rows {
  readonly all: Float32Array[] = [];

  constructor(readonly width: number) {}

  add(data: ArrayLike<number>): void {
    const rows = Float32Array.from(data);
    for (let at = 0; at < rows.length; at += this.width) this.all.push(rows.subarray(at, at + this.width));
  }

  means(): Float64Array {
    const means = new Float64Array(this.width);
    for (const row of this.all) row.forEach((value, column) => (means[column]! += value / this.all.length));
    return means;
  }
}

/** Every `folds`th image from `fold` on, less the means over all, `[widths, images]`. */
function foldOf(seen: readonly Rows[], fold: number, folds: number): Matrix {
  const images = seen[0]!.all.flatMap((_, at) => (at % folds === fold ? [at] : []));
  const rows = seen.reduce((sum, { width }) => sum + width, 0);
  const data = new Float32Array(rows * images.length);
  let row = 0;
  for (const each of seen)
    for (const [column, mean] of each.means().entries()) {
      for (const [at, image] of images.entries()) data[row * images.length + at] = each.all[image]![column]! - mean;
      row++;
    }
  return { rows, columns: images.length, data };
}

/**
 * Gates that foretell what each hidden channel of an image contributes to the layer that reads it: the root of its mean square over positions times the
 * norm of the weights that read it, by ridge regression from the means of the channels that the chain reads, with a penalty chosen on images held out.
 * Where nothing is foretold better than by the mean over images, every image gets the same channels.
 * Throws `technique.failed` without images, `cancelled`.
 */
export async function fitGates(
  graph: Graph,
  chains: readonly GatedChain[],
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<Map<HiddenChannels, Gate>> {
  const seen = await seenOf(graph, chains, images, context, id);
  const products = await MatrixProducts.open(context.threads);
  const gates = new Map<HiddenChannels, Gate>();
  try {
    for (const [at, { input, hidden }] of chains.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('gates', at, chains.length);
      const wanted = hidden.map(({ value }) => seen.get(value)!);
      for (const [which, gate] of (await fitTogether(seen.get(input)!, wanted, products)).entries())
        gates.set(hidden[which]!, gate);
    }
    return gates;
  } finally {
    await products.close();
  }
}

async function seenOf(
  graph: Graph,
  chains: readonly GatedChain[],
  images: number,
  context: TechniqueContext,
  id: string,
): Promise<Map<string, Rows>> {
  const seen = copyGraph(graph);
  const write = new NodeWriter(seen, new FreshNames(seen));
  const means = (value: string): string => write.emit('Flatten', [write.emit('GlobalAveragePool', [value])]);
  const outputs = new Map<string, string>();
  const widths = new Map<string, number>();
  for (const { input, hidden } of chains) {
    outputs.set(input, means(input));
    widths.set(input, graph.initializers.get(hidden[0]!.makers[0]!.inputs[1]!)!.shape[1]!);
    for (const each of hidden) {
      const { value, channels } = each;
      const spread = write.emit('Sqrt', [means(write.emit('Mul', [value, value]))]);
      outputs.set(value, write.emit('Mul', [spread, write.store(float32Tensor([channels], readerNorms(graph, each)))]));
      widths.set(value, channels);
    }
  }
  write.append();
  seen.outputs = [...new Set(outputs.values())].map((name) => makeValue(name, 'float32', []));
  const rows = new Map([...widths].map(([value, width]) => [value, new Rows(width)]));
  await runCalibration(seen, images, context, id, (results) => {
    for (const [value, name] of outputs) rows.get(value)!.add(results[name]!.data as Float32Array);
  });
  return rows;
}

/** Of the weights that read each channel. */
function readerNorms(graph: Graph, { reader, channels }: HiddenChannels): Float32Array {
  const { shape, data } = graph.initializers.get(reader.inputs[1]!)!;
  const kernel = elementCount(shape.slice(2));
  const squares = new Float64Array(channels);
  (data as Float32Array).forEach((value, at) => (squares[Math.floor(at / kernel) % channels]! += value ** 2));
  return Float32Array.from(squares, Math.sqrt);
}

/** Gates that see the same. */
async function fitTogether(x: Rows, wanted: readonly Rows[], products: MatrixProducts): Promise<Gate[]> {
  const folds = foldsFor(x.all.length);
  const parts: GramSums[] = [];
  for (let fold = 0; fold < Math.min(folds, x.all.length); fold++) {
    const [own, errors] = [foldOf([x], fold, folds), foldOf(wanted, fold, folds)];
    parts.push({
      grams: [await products.timesTransposed(own, own)],
      errors: [await products.timesTransposed(errors, own)],
      sums: sumsOf(own),
      errorSums: sumsOf(errors),
      count: own.columns,
    });
  }
  const { steps, biasShift } = await checkedRefit(parts, { bias: true, weights: true }, products);
  const inputs = x.means();
  let first = 0;
  return wanted.map((y) => {
    const rows = y.width * x.width;
    const from = first * x.width;
    const weight = steps[0]?.data.slice(from, from + rows) ?? new Float32Array(rows);
    const bias = Float32Array.from(y.means(), (mean, row) =>
      inputs.reduce(
        (sum, value, at) => sum - weight[row * x.width + at]! * value,
        mean + (biasShift?.[first + row] ?? 0),
      ),
    );
    first += y.width;
    return { weight: float32Tensor([y.width, x.width], weight), bias: float32Tensor([y.width], bias) };
  });
}

function sumsOf({ rows, columns, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) =>
    data.subarray(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value, 0),
  );
}
