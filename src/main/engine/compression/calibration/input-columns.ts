import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import { singleBatch } from '../../onnx/classifier';
import { batchOf } from '../../onnx/count';
import { elementCount, type Graph, type Node } from '../../onnx/graph';
import { attr, float32Tensor, int64Tensor } from '../../onnx/make';
import type { NodeWriter } from '../../onnx/node-writer';
import { inferShapes } from '../../onnx/shapes';

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

/** How what a layer's weights are multiplied with is cut from its input: the columns of the im2col'ed input, over positions and images. */
export interface InputColumns {
  node: Node;
  groups: number;
  columns: number;
  window?: Window;
  /** Distance between the positions that are looked at. */
  skip: number;
  /** How many there will be. */
  samples: number;
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

/** @param weightShape of the layer's weights. @param images how many calibration images there will be. */
type InputsOf = (node: Node, weightShape: readonly number[], images: number) => InputColumns | undefined;

/** How to gather the inputs of layers of a network; undefined where their shape is not known. Looks at all shapes once. */
export function inputColumns(graph: Graph): InputsOf {
  const shapes = inferShapes(graph, singleBatch(graph));
  const batch = batchOf(graph, shapes);
  return (node, weightShape, images) => {
    if (node.op !== 'Conv') {
      if (intAttribute(node, 'transA', 0) !== 0) return undefined;
      const columns = weightShape[node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0 ? 1 : 0]!;
      const elements = shapes.get(node.inputs[0]!)?.shape.reduce((product: number, size) => product * Number(size), 1);
      // Where the shape is not known, all columns are looked at.
      const samples =
        elements === undefined || Number.isNaN(elements) ? Infinity : (images * elements) / columns / batch;
      return { node, groups: 1, columns, skip: 1, samples };
    }
    const window = windowOf(node, weightShape.slice(2), shapes);
    if (!window) return undefined;
    const columns = elementCount(weightShape.slice(1));
    const wanted = Math.max(leastSamples, samplesPerColumn * columns);
    const positions = elementCount(window.outputs);
    const skip = Math.floor(((images * positions) / wanted) ** (1 / window.outputs.length));
    const largestSkip = Math.max(1, Math.min(...window.outputs) >> 1);
    const distance = Math.max(1, Math.min(skip, largestSkip));
    const looked = window.outputs.reduce((product, size) => product * Math.ceil(size / distance), images);
    return { node, groups: intAttribute(node, 'group', 1), columns, window, skip: distance, samples: looked };
  };
}

/** Every combination of one index per axis, last axis fastest. */
function positionsOf(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((start) => Array.from({ length: size }, (_, index) => [...start, index])),
    [[]],
  );
}

/** Writes nodes that make `[groups, columns, samples]` of a layer's input. */
export function writeColumns(
  writer: NodeWriter,
  input: string,
  { groups, columns, window, skip }: Omit<InputColumns, 'node' | 'samples'>,
): string {
  const integers = (values: number[]): string => writer.constant(int64Tensor([values.length], values));
  if (!window) {
    const rows = writer.emit('Reshape', [input, integers([-1, columns])]);
    const turned = writer.emit('Transpose', [rows], { perm: attr.ints([1, 0]) });
    return writer.emit('Reshape', [turned, integers([1, columns, -1])]);
  }
  const { kernel, strides, dilations, pads, outputs } = window;
  const rank = kernel.length;
  let padded = input;
  if (pads.some((pad) => pad > 0)) {
    const all = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
    padded = writer.emit('Pad', [input, integers(all), writer.constant(float32Tensor([], [0]))]);
  }
  const axes = integers(kernel.map((_, axis) => axis + 2));
  const offset = skip >> 1;
  const steps = integers(strides.map((stride) => stride * skip));
  const shifted = positionsOf(kernel).map((position) => {
    const starts = position.map(
      (index, at) => index * dilations[at]! + Math.min(offset, outputs[at]! - 1) * strides[at]!,
    );
    const ends = position.map((index, at) => index * dilations[at]! + (outputs[at]! - 1) * strides[at]! + 1);
    const cut = writer.emit('Slice', [padded, integers(starts), integers(ends), axes, steps]);
    return writer.emit('Reshape', [cut, integers([0, 0, 1, -1])]);
  });
  const joined = shifted.length === 1 ? shifted[0]! : writer.emit('Concat', shifted, { axis: attr.int(2) });
  const turned = writer.emit('Transpose', [joined], { perm: attr.ints([1, 2, 0, 3]) });
  return writer.emit('Reshape', [turned, integers([groups, columns, -1])]);
}

/** How a layer's output is cut so that its elements stand at the positions at which `columns` takes what they are computed from. */
export function outputColumns({ window, ...own }: InputColumns, outputs: number): InputColumns {
  const columns = outputs / own.groups;
  if (!window) return { ...own, columns };
  const ones = window.outputs.map(() => 1);
  const zeros = [...ones, ...ones].map(() => 0);
  const single = { kernel: ones, strides: ones, dilations: ones, pads: zeros, outputs: window.outputs };
  return { ...own, columns, window: single };
}
