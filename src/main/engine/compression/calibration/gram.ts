import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import { elementCount, type Graph, type GraphValue, type Node } from '../../onnx/graph';
import { attr, float32Tensor, int64Tensor, makeNode, makeValue } from '../../onnx/make';
import type { inferShapes } from '../../onnx/shapes';
import type { FreshNames } from '../../onnx/fresh-names';
import type { Matrix } from '../algebra/matrix-products';
import { sharedConstant } from '../../onnx/shared-constant';

/**
 * Statistics of what a layer's weights are multiplied with: the columns x of its im2col'ed input, over positions and images. The nodes
 * that compute them join the network's own graph, so the inference runtime does the work.
 */
export interface GramSums {
  /** H = sum x x^T, `[columns, columns]`, one per group of the convolution; as `crosses`. */
  grams: Matrix[];
  /** sum r x^T, where r is the same column in the reference network: what x would be without the errors made so far. */
  crosses: Matrix[];
  /** sum x, `[groups, columns]`. */
  sums: Float64Array;
  /** sum r. */
  referenceSums: Float64Array;
  /** How many x. */
  count: number;
}

/** Samples per column that are plenty; positions of large activation maps are skipped to get near. */
const samplesPerColumn = 12;
const leastSamples = 8192;

interface Window {
  kernel: readonly number[];
  strides: readonly number[];
  dilations: readonly number[];
  /** Begins, then ends. */
  pads: readonly number[];
  outputs: readonly number[];
}

/** A layer whose inputs can be gathered: where they are, and how they are cut. */
export interface GramProbe {
  node: Node;
  groups: number;
  columns: number;
  window?: Window;
  /** Distance between the positions that are looked at. */
  skip: number;
}

function windowOf(node: Node, kernel: readonly number[], shapes: ReturnType<typeof inferShapes>): Window | undefined {
  const rank = kernel.length;
  const numbersOf = (value: string): number[] | undefined => {
    const spatial = shapes
      .get(value)
      ?.shape.slice(2)
      .filter((dimension) => typeof dimension === 'number');
    return spatial?.length === rank ? spatial : undefined;
  };
  const inputs = numbersOf(node.inputs[0]!);
  const outputs = numbersOf(node.outputs[0]!);
  if (!inputs || !outputs) return undefined;
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  let pads = intsAttribute(node, 'pads') ?? [...ones, ...ones].map(() => 0);
  if (auto.startsWith('SAME')) {
    const total = outputs.map((size, at) =>
      Math.max(0, (size - 1) * strides[at]! + (kernel[at]! - 1) * dilations[at]! + 1 - inputs[at]!),
    );
    const [less, more] = [total.map((sum) => sum >> 1), total.map((sum) => sum - (sum >> 1))];
    pads = auto === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less];
  }
  return { kernel, strides, dilations, pads, outputs };
}

/**
 * How to gather the inputs of a layer; undefined where their shape is not known.
 * @param weightShape of the layer's weights. @param images how many calibration images there will be.
 */
export function gramProbe(
  node: Node,
  weightShape: readonly number[],
  shapes: ReturnType<typeof inferShapes>,
  images: number,
): GramProbe | undefined {
  if (node.op !== 'Conv') {
    if (intAttribute(node, 'transA', 0) !== 0) return undefined;
    const columns = weightShape[node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0 ? 1 : 0]!;
    return { node, groups: 1, columns, skip: 1 };
  }
  const window = windowOf(node, weightShape.slice(2), shapes);
  if (!window) return undefined;
  const columns = elementCount(weightShape.slice(1));
  const wanted = Math.max(leastSamples, samplesPerColumn * columns);
  const positions = elementCount(window.outputs);
  const skip = Math.floor(((images * positions) / wanted) ** (1 / window.outputs.length));
  const largestSkip = Math.max(1, Math.min(...window.outputs) >> 1);
  return {
    node,
    groups: intAttribute(node, 'group', 1),
    columns,
    window,
    skip: Math.max(1, Math.min(skip, largestSkip)),
  };
}

/** Every combination of one index per axis, last axis fastest. */
function positionsOf(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((start) => Array.from({ length: size }, (_, index) => [...start, index])),
    [[]],
  );
}

/** Adds nodes to `graph` that make `[groups, columns, samples]` of the layer's input. */
export function writeColumns(
  graph: Graph,
  input: string,
  { groups, columns, window, skip }: GramProbe,
  names: FreshNames,
): string {
  const emit = (op: string, inputs: string[], attributes: Node['attributes'] = {}): string => {
    const output = names.next();
    graph.nodes.push(makeNode(op, inputs, [output], attributes));
    return output;
  };
  const integers = (values: number[]): string => sharedConstant(graph, int64Tensor([values.length], values), names);
  if (!window) {
    const rows = emit('Reshape', [input, integers([-1, columns])]);
    return emit('Reshape', [emit('Transpose', [rows], { perm: attr.ints([1, 0]) }), integers([1, columns, -1])]);
  }
  const { kernel, strides, dilations, pads, outputs } = window;
  const rank = kernel.length;
  let padded = input;
  if (pads.some((pad) => pad > 0)) {
    const all = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
    padded = emit('Pad', [input, integers(all), sharedConstant(graph, float32Tensor([], [0]), names)]);
  }
  const axes = integers(kernel.map((_, axis) => axis + 2));
  const offset = skip >> 1;
  const steps = integers(strides.map((stride) => stride * skip));
  const shifted = positionsOf(kernel).map((position) => {
    const starts = position.map(
      (index, at) => index * dilations[at]! + Math.min(offset, outputs[at]! - 1) * strides[at]!,
    );
    const ends = position.map((index, at) => index * dilations[at]! + (outputs[at]! - 1) * strides[at]! + 1);
    const cut = emit('Slice', [padded, integers(starts), integers(ends), axes, steps]);
    return emit('Reshape', [cut, integers([0, 0, 1, -1])]);
  });
  const joined = shifted.length === 1 ? shifted[0]! : emit('Concat', shifted, { axis: attr.int(2) });
  const turned = emit('Transpose', [joined], { perm: attr.ints([1, 2, 0, 3]) });
  return emit('Reshape', [turned, integers([groups, columns, -1])]);
}

export interface WrittenProbe {
  probe: GramProbe;
  gram: string;
  cross: string;
  sum: string;
  referenceSum: string;
  shape: string;
}

/**
 * Adds outputs for one layer's statistics to `graph`, which must be the caller's own copy.
 * @param reference the value in `graph` that stands for the layer's input in the reference network.
 */
export function writeProbe(graph: Graph, probe: GramProbe, reference: string, names: FreshNames): WrittenProbe {
  const own = writeColumns(graph, probe.node.inputs[0]!, probe, names);
  const other = writeColumns(graph, reference, probe, names);
  const emit = (op: string, inputs: string[], attributes: Node['attributes'] = {}): string => {
    const name = names.next();
    graph.nodes.push(makeNode(op, inputs, [name], attributes));
    return name;
  };
  const output = (name: string, type: GraphValue['type'] = 'float32'): string => {
    graph.outputs.push(makeValue(name, type, []));
    return name;
  };
  const matrix = sharedConstant(graph, int64Tensor([2], [probe.columns, -1]), names);
  // Gemm needs no transposed copy, but has no groups.
  const product = (a: string, b: string): string =>
    probe.groups === 1
      ? emit('Gemm', [emit('Reshape', [a, matrix]), emit('Reshape', [b, matrix])], { transB: attr.int(1) })
      : emit('MatMul', [a, emit('Transpose', [b], { perm: attr.ints([0, 2, 1]) })]);
  const last = sharedConstant(graph, int64Tensor([1], [-1]), names);
  const sum = (value: string): string => output(emit('ReduceSum', [value, last], { keepdims: attr.int(0) }));
  return {
    probe,
    gram: output(product(own, own)),
    cross: output(product(other, own)),
    sum: sum(own),
    referenceSum: sum(other),
    shape: output(emit('Shape', [own]), 'int64'),
  };
}

export function emptySums({ groups, columns }: GramProbe): GramSums {
  const matrices = (): Matrix[] =>
    Array.from({ length: groups }, () => ({ rows: columns, columns, data: new Float32Array(columns * columns) }));
  const vector = (): Float64Array => new Float64Array(groups * columns);
  return { grams: matrices(), crosses: matrices(), sums: vector(), referenceSums: vector(), count: 0 };
}

type Results = Record<string, { data: ArrayLike<number | bigint> }>;

/** Adds what one batch gave. */
export function addBatch(total: GramSums, written: WrittenProbe, results: Results): void {
  const of = (name: string): Float32Array => results[name]!.data as Float32Array;
  const addTo = (sums: Float32Array | Float64Array, values: Float32Array): void => {
    for (let index = 0; index < sums.length; index++) sums[index]! += values[index]!;
  };
  const size = written.probe.columns ** 2;
  const addMatrices = (matrices: Matrix[], values: Float32Array): void =>
    matrices.forEach(({ data }, group) => addTo(data, values.subarray(group * size, (group + 1) * size)));
  addMatrices(total.grams, of(written.gram));
  addMatrices(total.crosses, of(written.cross));
  addTo(total.sums, of(written.sum));
  addTo(total.referenceSums, of(written.referenceSum));
  total.count += Number(results[written.shape]!.data[2]);
}

/** H minus count * mean mean^T and the like, in place: what is left of the error once the bias makes up for its mean. */
export function centreGrams({ grams, crosses, sums, referenceSums, count }: GramSums): void {
  const subtract = (matrices: Matrix[], left: Float64Array): void =>
    matrices.forEach(({ columns, data }, group) => {
      for (let row = 0; row < columns; row++) {
        const scaled = left[group * columns + row]! / count;
        for (let column = 0; column < columns; column++)
          data[row * columns + column]! -= scaled * sums[group * columns + column]!;
      }
    });
  subtract(grams, sums);
  subtract(crosses, referenceSums);
}

/**
 * H moved towards its diagonal, the more the fewer samples it has per column: directions in which few calibration images happen to have
 * nothing must not take all the error. (Shrinkage as of Ledoit and Wolf 2004, with the share simplified to columns / (columns + samples).)
 */
export function shrunkGram({ rows, columns, data }: Matrix, count: number): Matrix {
  const kept = count / (columns + count);
  const shrunk = data.map((value) => value * kept);
  for (let diagonal = 0; diagonal < data.length; diagonal += columns + 1) shrunk[diagonal] = data[diagonal]!;
  return { rows, columns, data: shrunk };
}
