import { intAttribute, stringAttribute } from '../../../../onnx/attributes';
import { sliceBox } from '../../../from-onnx/slice-box';
import type { Operation } from '../operation';
import { channelsLast } from '../placement';
import type { ConversionRule } from '../rule';
import type { Stored, Value } from '../value';

/** The values' tensors with their axes in one order, that of the largest. */
function aligned(operation: Operation, values: readonly Value[]): { tensors: number[]; axes: number[] } {
  const stored = values.filter((value): value is Stored => value.kind === 'stored');
  const largest = stored.reduce(
    (most, value) => (operation.count(value) > operation.count(most) ? value : most),
    stored[0]!,
  );
  const axes = operation.axesOf(largest);
  return { tensors: values.map((value) => operation.place(value, axes)), axes };
}

const concat: ConversionRule = (operation) => {
  const values = operation.node.inputs.map((_, index) => operation.input(index));
  if (!values.some(({ kind }) => kind === 'stored')) values[0] = operation.stored(0);
  const shape = operation.outputShape();
  const axis = operation.axis(operation.integer('axis', 0), shape.length);
  const { tensors, axes } = aligned(operation, values);
  const options = { axis: axes.indexOf(axis), fusedActivationFunction: 'NONE' };
  return operation.emit('CONCATENATION', operation.sameCodes(tensors), { shape, axes }, options);
};

const split: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const axis = operation.axis(operation.integer('axis', 0), value.shape.length);
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const shapes = operation.node.outputs.map((_, index) => operation.outputShape(index));
  const sizes = shapes.map((shape) => shape[axis]!);
  const { builder } = operation;
  const along = builder.integers([axes.indexOf(axis)], []);
  const results = shapes.map((shape, output) => ({ shape, axes, output, like: tensor }));
  const options = { numSplits: sizes.length };
  if (sizes.every((size) => size === sizes[0])) return operation.emitAll('SPLIT', [along, tensor], results, options);
  return operation.emitAll('SPLIT_V', [tensor, builder.integers(sizes), along], results, options);
};

const slice: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const { begin, end, strides } = sliceBox(operation, operation.opset, value.shape);
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const inMemory = (numbers: readonly number[]): number =>
    operation.builder.integers(axes.map((axis) => numbers[axis]!));
  const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const operands = [tensor, inMemory(begin), inMemory(end), inMemory(strides)];
  return operation.emit('STRIDED_SLICE', operands, { shape: operation.outputShape(), axes, like: tensor }, masks);
};

const pad: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const { length } = value.shape;
  const mode = stringAttribute(operation.node, 'mode', 'constant');
  const given = operation.integers(1);
  const number = operation.has(2) ? operation.numbers(2)?.[0] : 0;
  const named = operation.has(3) ? operation.integers(3) : value.shape.map((_, axis) => axis);
  if (!given || !named || number === undefined)
    return operation.unsupported('with sizes that are computed for each image');
  const pads = value.shape.map(() => [0, 0]);
  named.forEach((axis, index) => {
    pads[operation.axis(axis, length)] = [given[index]!, given[index + named.length]!];
  });
  if (pads.flat().some((size) => size < 0)) return operation.unsupported('that takes pixels away');
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const amounts = operation.builder.integers(
    axes.flatMap((axis) => pads[axis]!),
    [length, 2],
  );
  const result = { shape: operation.outputShape(), axes, like: tensor };
  if (mode === 'reflect') return operation.emit('MIRROR_PAD', [tensor, amounts], result, { mode: 'REFLECT' });
  if (mode !== 'constant') return operation.unsupported(`in mode ${mode}`);
  if (number === 0) return operation.emit('PAD', [tensor, amounts], result);
  return operation.emit('PADV2', [tensor, amounts, operation.numberLike(tensor, number)], result);
};

const gather: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const rank = value.shape.length;
  const axis = operation.axis(operation.integer('axis', 0), rank);
  const indices = operation.integers(1);
  const indexShape = operation.input(1).shape;
  if (!indices || indexShape.length > 1) return operation.unsupported('at places that are computed for each image');
  const size = value.shape[axis]!;
  const positions = indices.map((index) => (index < 0 ? index + size : index));
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const operands = [tensor, operation.builder.integers(positions, indexShape)];
  // A single index takes its axis away.
  const left =
    indexShape.length === 1 ? axes : axes.filter((each) => each !== axis).map((each) => each - Number(each > axis));
  const result = { shape: operation.outputShape(), axes: left, like: tensor };
  return operation.emit('GATHER', operands, result, { axis: axes.indexOf(axis), batchDims: 0 });
};

const expand: ConversionRule = (operation) => {
  const value = operation.input(0);
  const shape = operation.outputShape();
  const full = { ...value, shape: [...new Array<number>(shape.length - value.shape.length).fill(1), ...value.shape] };
  if (full.shape.every((size, axis) => size === shape[axis])) return full;
  const axes = full.kind === 'stored' ? operation.axesOf(full) : shape.map((_, axis) => axis);
  const tensor = operation.place(full, axes);
  const target = operation.builder.integers(axes.map((axis) => shape[axis]!));
  return operation.emit('BROADCAST_TO', [tensor, target], { shape, axes, like: tensor });
};

const tile: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const repeats = operation.integers(1) ?? operation.unsupported('with counts that are computed for each image');
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const counts = operation.builder.integers(axes.map((axis) => repeats[axis]!));
  return operation.emit('TILE', [tensor, counts], { shape: operation.outputShape(), axes, like: tensor });
};

/** Both orders of ONNX's DepthToSpace differ in memory; that of the operator is "DCR", as is that of SpaceToDepth. */
const blocks =
  (op: string): ConversionRule =>
  (operation) => {
    if (stringAttribute(operation.node, 'mode', 'DCR') !== 'DCR') return operation.unsupported('in mode CRD');
    const axes = channelsLast(4);
    const tensor = operation.place(operation.stored(0), axes);
    const result = { shape: operation.outputShape(), axes, like: tensor };
    return operation.emit(op, [tensor], result, { blockSize: intAttribute(operation.node, 'blocksize', 1) });
  };

const cast: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  return operation.emit('CAST', [tensor], { shape: value.shape, axes });
};

export const movementRules: Record<string, ConversionRule> = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  Expand: expand,
  Tile: tile,
  DepthToSpace: blocks('DEPTH_TO_SPACE'),
  SpaceToDepth: blocks('SPACE_TO_DEPTH'),
  Cast: cast,
};
