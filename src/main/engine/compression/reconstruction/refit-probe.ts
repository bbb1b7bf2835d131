import type { Graph, Node } from '../../onnx/graph';
import { attr, int64Tensor, makeNode, makeValue } from '../../onnx/make';
import type { FreshNames } from '../../onnx/fresh-names';
import { writeColumns, type GramProbe } from '../calibration/gram';
import type { Matrix } from '../algebra/matrix-products';
import { sharedConstant } from '../../onnx/shared-constant';

/** A sum of two branches of which a layer makes one: the values in `graph` that stand for the other, in both networks. */
export interface OtherBranch {
  own: string;
  reference: string;
  /** Channels of the reference that the smaller network has. */
  channels: readonly number[];
}

/** Statistics of a layer's inputs in a smaller network against those of the network it came from; x here, r there. */
export interface RefitSums {
  /** sum x x^T, `[kept, kept]` for each group. */
  grams: Matrix[];
  /** sum r x^T, `[inputs, kept]`. */
  crosses: Matrix[];
  /** sum e x^T, `[outputs, kept]`: e is the error of the other branch. */
  extra?: Matrix;
  /** `[groups, kept]`, `[groups, inputs]` and `[outputs]`. */
  sums: Float64Array;
  referenceSums: Float64Array;
  extraSums?: Float64Array;
  count: number;
}

export interface RefitProbe {
  own: GramProbe;
  reference: GramProbe;
  /** Groups of the reference that are left, for a depthwise layer. */
  groups: readonly number[] | undefined;
  branch: OtherBranch | undefined;
}

/** Outputs of the graph that hold the sums. */
export interface WrittenRefitProbe {
  probe: RefitProbe;
  gram: string;
  cross: string;
  extra?: string;
  sum: string;
  referenceSum: string;
  extraSum?: string;
  shape: string;
}

/** Adds outputs for one layer's statistics to `graph`, the caller's own copy. @param input the layer's input, in both networks. */
export function writeRefitProbe(
  graph: Graph,
  probe: RefitProbe,
  input: { own: string; reference: string },
  names: FreshNames,
): WrittenRefitProbe {
  const emit = (op: string, inputs: string[], attributes: Node['attributes'] = {}): string => {
    const name = names.next();
    graph.nodes.push(makeNode(op, inputs, [name], attributes));
    return name;
  };
  const integers = (values: readonly number[]): string =>
    sharedConstant(graph, int64Tensor([values.length], values), names);
  const output = (name: string, type: 'float32' | 'int64' = 'float32'): string => {
    graph.outputs.push(makeValue(name, type, []));
    return name;
  };
  const pick = (value: string, indices: readonly number[], axis: number): string =>
    emit('Gather', [value, integers(indices)], { axis: attr.int(axis) });
  const { own, reference, groups, branch } = probe;
  const here = writeColumns(graph, input.own, own, names);
  const all = writeColumns(graph, input.reference, reference, names);
  const there = groups ? pick(all, groups, 0) : all;
  const flat = (value: string, rows: number): string => emit('Reshape', [value, integers([rows, -1])]);
  const product = (a: string, rows: number): string =>
    own.groups === 1
      ? emit('Gemm', [flat(a, rows), flat(here, own.columns)], { transB: attr.int(1) })
      : emit('MatMul', [a, emit('Transpose', [here], { perm: attr.ints([0, 2, 1]) })]);
  const sum = (value: string): string => output(emit('ReduceSum', [value, integers([-1])], { keepdims: attr.int(0) }));
  const written: WrittenRefitProbe = {
    probe,
    gram: output(product(here, own.columns)),
    cross: output(product(there, reference.columns)),
    sum: sum(here),
    referenceSum: sum(there),
    shape: output(emit('Shape', [here]), 'int64'),
  };
  if (!branch) return written;
  const error = emit('Sub', [pick(branch.reference, branch.channels, 1), branch.own]);
  const errors = writeColumns(graph, error, samplesOfOutput(own, branch.channels.length), names);
  return { ...written, extra: output(product(errors, branch.channels.length)), extraSum: sum(errors) };
}

/** Takes the output's elements at the positions at which `probe` takes what they are computed from. */
function samplesOfOutput(probe: GramProbe, channels: number): GramProbe {
  const { window } = probe;
  if (!window) return { ...probe, columns: channels };
  const ones = window.outputs.map(() => 1);
  const zeros = [...window.outputs, ...window.outputs].map(() => 0);
  const output = { kernel: ones, strides: ones, dilations: ones, pads: zeros, outputs: window.outputs };
  return { ...probe, columns: channels, window: output };
}

type Results = Record<string, { data: ArrayLike<number | bigint>; shape: readonly number[] }>;

/** Sums of no samples yet. */
export function emptyRefitSums({ own, reference, branch }: RefitProbe): RefitSums {
  const matrices = (rows: number): Matrix[] =>
    Array.from({ length: own.groups }, () => ({
      rows,
      columns: own.columns,
      data: new Float32Array(rows * own.columns),
    }));
  const outputs = branch?.channels.length;
  return {
    grams: matrices(own.columns),
    crosses: matrices(reference.columns),
    sums: new Float64Array(own.groups * own.columns),
    referenceSums: new Float64Array(own.groups * reference.columns),
    count: 0,
    ...(outputs !== undefined && { extra: matrices(outputs)[0]!, extraSums: new Float64Array(outputs) }),
  };
}

/** Adds what one batch gave. */
export function addRefitBatch(total: RefitSums, written: WrittenRefitProbe, results: Results): void {
  const add = (target: Float32Array | Float64Array, name: string, from = 0): void => {
    const values = results[name]!.data as Float32Array;
    for (let index = 0; index < target.length; index++) target[index]! += values[from + index]!;
  };
  total.grams.forEach(({ data }, group) => add(data, written.gram, group * data.length));
  total.crosses.forEach(({ data }, group) => add(data, written.cross, group * data.length));
  add(total.sums, written.sum);
  add(total.referenceSums, written.referenceSum);
  if (total.extra) {
    add(total.extra.data, written.extra!);
    add(total.extraSums!, written.extraSum!);
  }
  total.count += Number(results[written.shape]!.data[2]);
}

/** All products less those of the means, in place: what is left once the bias makes up for the means. */
export function centreRefitSums(total: RefitSums): void {
  const subtract = ({ rows, columns, data }: Matrix, left: Float64Array, right: Float64Array): void => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        data[row * columns + column]! -= (left[row]! * right[column]!) / total.count;
  };
  total.grams.forEach((gram, group) => {
    const own = total.sums.subarray(group * gram.columns, (group + 1) * gram.columns);
    const cross = total.crosses[group]!;
    subtract(gram, own, own);
    subtract(cross, total.referenceSums.subarray(group * cross.rows, (group + 1) * cross.rows), own);
  });
  if (total.extra) subtract(total.extra, total.extraSums!, total.sums);
}
