import type { GraphValue } from '../../onnx/graph';
import type { Graph } from '../../onnx/graph';
import { FreshNames } from '../../onnx/fresh-names';
import { attr, int64Tensor, makeValue } from '../../onnx/make';
import { NodeWriter } from '../../onnx/node-writer';
import type { Matrix } from '../algebra/matrix-products';
import { outputColumns, writeColumns, type InputColumns } from './input-columns';

/**
 * Sums over the columns x of a layer's im2col'ed input, over positions and images, and, where it is asked for, over the error e of the
 * layer's output: what the output is to be less what it is. The nodes that compute them join the network's own graph, so the inference
 * runtime does the work.
 */
export interface GramSums {
  /** H = sum x x^T, `[columns, columns]`, one for each group of the convolution; `[1, columns]` where it is of the diagonal only. */
  grams: Matrix[];
  /** M = sum e x^T, `[outputs of the group, columns]`; none where no error was written, or H is of the diagonal only. */
  errors: Matrix[];
  /** sum x, `[groups, columns]`. */
  sums: Float64Array;
  /** sum e, `[outputs]`. */
  errorSums: Float64Array;
  /** How many x. */
  count: number;
}

/** Rows of H that are computed at once: with 4,608 columns nine blocks, and five ninths of all products. */
const blockRows = 512;

/** Blocks of rows; with groups there is one, of all rows of every group. */
function blocksOf({ groups, columns }: InputColumns): [start: number, end: number][] {
  const size = groups === 1 ? blockRows : columns;
  return Array.from({ length: Math.ceil(columns / size) }, (_, block) => [
    block * size,
    Math.min(columns, (block + 1) * size),
  ]);
}

/** All of H, or its diagonal alone. */
export type GramExtent = 'whole' | 'diagonal';

/** What H has on its diagonal for a column. */
export const diagonalAt = ({ rows, columns, data }: Matrix, column: number): number =>
  data[rows === columns ? column * (columns + 1) : column]!;

/** Outputs of the graph that hold the sums. */
export interface WrittenGram {
  /** H in blocks of rows, each up to the end of its own columns; what is right of these is mirrored. */
  gram: string[];
  sum: string;
  error?: string;
  errorSum?: string;
  columns: string;
}

/** The value with the error of a layer's output, in the shape of the output, and its channels. */
export interface OutputError {
  value: string;
  outputs: number;
}

/**
 * Adds outputs for one layer's sums to `graph`, the caller's own copy.
 * @param input the layer's input. @param errorOf writes the error, where sums of it are wanted.
 */
export function writeGram(
  graph: Graph,
  probe: InputColumns,
  input: string,
  errorOf?: (writer: NodeWriter) => OutputError,
  extent: GramExtent = 'whole',
): WrittenGram {
  const writer = new NodeWriter(graph, new FreshNames(graph));
  const output = (name: string, type: GraphValue['type'] = 'float32'): string => {
    graph.outputs.push(makeValue(name, type, []));
    return name;
  };
  const own = writeColumns(writer, input, probe);
  const integers = (...values: number[]): string => writer.constant(int64Tensor([values.length], values));
  const hasGroups = probe.groups > 1;
  // Gemm needs no transposed copy, but has no groups.
  const flat = (value: string, rows: number): string =>
    hasGroups ? value : writer.emit('Reshape', [value, integers(rows, -1)]);
  const flatColumns = flat(own, probe.columns);
  const product = (a: string, b: string): string =>
    hasGroups
      ? writer.emit('MatMul', [a, writer.emit('Transpose', [b], { perm: attr.ints([0, 2, 1]) })])
      : writer.emit('Gemm', [a, b], { transB: attr.int(1) });
  const rowsOf = (from: number, to: number): string =>
    to - from === probe.columns
      ? flatColumns
      : writer.emit('Slice', [flatColumns, integers(from), integers(to), integers(0)]);
  const last = writer.constant(int64Tensor([1], [-1]));
  const sum = (value: string): string => output(writer.emit('ReduceSum', [value, last], { keepdims: attr.int(0) }));
  const written: WrittenGram = {
    gram:
      extent === 'whole'
        ? blocksOf(probe).map(([start, end]) => output(product(rowsOf(start, end), rowsOf(0, end))))
        : [sum(writer.emit('Mul', [own, own]))],
    sum: sum(own),
    columns: output(writer.emit('Shape', [own]), 'int64'),
  };
  if (errorOf) {
    const { value, outputs } = errorOf(writer);
    const columns = outputColumns(probe, outputs);
    const error = writeColumns(writer, value, columns);
    if (extent === 'whole') written.error = output(product(flat(error, columns.columns), flatColumns));
    written.errorSum = sum(error);
  }
  writer.append();
  return written;
}

/** Sums of no samples yet. @param outputs channels of the layer's output, where sums of its error are wanted */
export function emptySums({ groups, columns }: InputColumns, outputs = 0, extent: GramExtent = 'whole'): GramSums {
  const matrices = (rows: number): Matrix[] =>
    Array.from({ length: groups }, () => ({ rows, columns, data: new Float32Array(rows * columns) }));
  return {
    grams: matrices(extent === 'whole' ? columns : 1),
    errors: outputs > 0 && extent === 'whole' ? matrices(outputs / groups) : [],
    sums: new Float64Array(groups * columns),
    errorSums: new Float64Array(outputs),
    count: 0,
  };
}

type Results = Record<string, { data: ArrayLike<number | bigint> }>;

/** Adds what one batch gave. */
export function addBatch(total: GramSums, written: WrittenGram, results: Results): void {
  const add = (target: Float32Array | Float64Array, name: string, from = 0): void => {
    const values = results[name]!.data as Float32Array;
    for (let index = 0; index < target.length; index++) target[index]! += values[from + index]!;
  };
  if (written.gram.length === 1)
    total.grams.forEach(({ data }, group) => add(data, written.gram[0]!, group * data.length));
  else
    written.gram.forEach((name, block) =>
      addRows(total.grams[0]!, block * blockRows, results[name]!.data as Float32Array),
    );
  total.errors.forEach(({ data }, group) => add(data, written.error!, group * data.length));
  add(total.sums, written.sum);
  if (written.errorSum !== undefined) add(total.errorSums, written.errorSum);
  total.count += Number(results[written.columns]!.data[2]);
}

/** Side of the squares that are mirrored at once, so that either side is near. */
const tile = 32;

/** Adds rows of H from `start` on, each up to the end of their own columns, and the mirror image of what is left of these. */
function addRows({ columns, data }: Matrix, start: number, values: Float32Array): void {
  const rows = Math.min(blockRows, columns - start);
  const width = start + rows;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < width; left += tile)
      for (let row = top; row < Math.min(rows, top + tile); row++)
        for (let column = left; column < Math.min(width, left + tile); column++) {
          const value = values[row * width + column]!;
          data[(start + row) * columns + column]! += value;
          if (column < start) data[column * columns + start + row]! += value;
        }
}

/** a -= scale * left right^T, in place. */
function subtractOuter({ rows, columns, data }: Matrix, left: Float64Array, right: Float64Array, scale: number): void {
  for (let row = 0; row < rows; row++) {
    const scaled = left[row]! * scale;
    for (let column = 0; column < columns; column++) data[row * columns + column]! -= scaled * right[column]!;
  }
}

/** All sums of products less those of the means, in place: what is left of the error once the bias makes up for its mean. */
export function centreGrams({ grams, errors, sums, errorSums, count }: GramSums): void {
  if (count === 0) return;
  grams.forEach((gram, group) => {
    const own = sums.subarray(group * gram.columns, (group + 1) * gram.columns);
    if (gram.rows === gram.columns) subtractOuter(gram, own, own, 1 / count);
    else gram.data.forEach((_, column) => (gram.data[column]! -= own[column]! ** 2 / count));
    const error = errors[group];
    if (error) subtractOuter(error, errorSums.subarray(group * error.rows, (group + 1) * error.rows), own, 1 / count);
  });
}

/** The sums of both, or with `sign` -1 those of `a` without those of `b`; of sums that are not centred. */
export function addGrams(a: GramSums, b: GramSums, sign: 1 | -1 = 1): GramSums {
  const add = <T extends Float32Array | Float64Array>(one: T, other: T): T =>
    one.map((value, at) => value + sign * other[at]!) as T;
  const addAll = (ones: Matrix[], others: Matrix[]): Matrix[] =>
    ones.map((matrix, at) => ({ ...matrix, data: add(matrix.data, others[at]!.data) }));
  return {
    grams: addAll(a.grams, b.grams),
    errors: addAll(a.errors, b.errors),
    sums: add(a.sums, b.sums),
    errorSums: add(a.errorSums, b.errorSums),
    count: a.count + sign * b.count,
  };
}
