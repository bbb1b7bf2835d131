import { intsAttribute, stringAttribute } from '../../../../onnx/attributes';
import { sliceBox } from '../../../from-onnx/slice-box';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

/** Most axes that a value of an ML Program has. */
const mostAxes = 5;

const reshape: ConversionRule = (operation) => {
  const shape = operation.outputShape();
  if (shape.length > mostAxes) return operation.unsupported(`to ${shape.length} axes`);
  return operation.emit('reshape', { x: operation.value(0), shape: operation.integersOf(shape, 'shape') });
};

const transpose: ConversionRule = (operation) => {
  const x = operation.value(0);
  const perm = intsAttribute(operation.node, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  return operation.emit('transpose', { x, perm: operation.integersOf(perm, 'perm') });
};

const concat: ConversionRule = (operation) => {
  const axis = operation.axis(operation.integer('axis', 0), operation.outputShape().length);
  return operation.emit('concat', {
    values: operation.node.inputs.map((_, index) => operation.value(index)),
    axis: operation.integerOf(axis, 'axis'),
    interleave: operation.boolean(false, 'interleave'),
  });
};

const split: ConversionRule = (operation) => {
  const x = operation.value(0);
  const { builder, node } = operation;
  const axis = operation.axis(operation.integer('axis', 0), x.shape.length);
  const results = node.outputs.map((name, index) => ({ shape: operation.outputShape(index), name }));
  const split_sizes = operation.integersOf(
    results.map(({ shape }) => shape[axis]!),
    'split_sizes',
  );
  return builder.emitAll('split', { x, split_sizes, axis: operation.integerOf(axis, 'axis') }, results);
};

const slice: ConversionRule = (operation) => {
  const x = operation.value(0);
  const { begin, end, strides } = sliceBox(operation, operation.network.opset, x.shape);
  return operation.emit('slice_by_index', {
    x,
    begin: operation.integersOf(begin, 'begin'),
    end: operation.integersOf(end, 'end'),
    stride: operation.integersOf(strides, 'stride'),
  });
};

/** Of neighbours along an axis. */
const gather: ConversionRule = (operation) => {
  const x = operation.value(0);
  const axis = operation.axis(operation.integer('axis', 0), x.shape.length);
  const places = operation.integers(1)?.map((place) => (place < 0 ? place + x.shape[axis]! : place));
  if (!places) return operation.unsupported('at places that are computed for each image');
  const [first] = places;
  if (first === undefined || places.some((place, at) => place !== first + at))
    return operation.unsupported('of places apart');
  const begin = x.shape.map((_, each) => (each === axis ? first : 0));
  const end = x.shape.map((size, each) => (each === axis ? first + places.length : size));
  const shape = end.map((each, at) => each - begin[at]!);
  const part = operation.emit(
    'slice_by_index',
    {
      x,
      begin: operation.integersOf(begin, 'begin'),
      end: operation.integersOf(end, 'end'),
      stride: operation.integersOf(
        shape.map(() => 1),
        'stride',
      ),
    },
    shape,
  );
  const result = operation.outputShape();
  return operation.emit('reshape', { x: part, shape: operation.integersOf(result, 'shape') });
};

const pad: ConversionRule = (operation) => {
  const x = operation.value(0);
  const rank = x.shape.length;
  const mode = stringAttribute(operation.node, 'mode', 'constant');
  const pads = operation.integers(1) ?? operation.unsupported('that is computed for each image');
  if (operation.has(3) || mode !== 'constant')
    return operation.unsupported(operation.has(3) ? 'of some axes' : `by ${mode}`);
  if (pads.some((count) => count < 0)) return operation.unsupported('that cuts off');
  const filling = operation.has(2) ? (operation.numbers(2) ?? computedFilling(operation)) : [0];
  return operation.emit('pad', {
    x,
    pad: operation.integersOf(
      x.shape.flatMap((_, axis) => [pads[axis]!, pads[axis + rank]!]),
      'pad',
    ),
    mode: operation.text('constant', 'mode'),
    constant_val: operation.number(filling[0]!, 'constant_val'),
  });
};

const computedFilling = (operation: Operation): never =>
  operation.unsupported('with a filling that is computed for each image');

const blocks =
  (type: 'depth_to_space' | 'space_to_depth'): ConversionRule =>
  (operation) => {
    if (type === 'depth_to_space' && stringAttribute(operation.node, 'mode', 'DCR') !== 'DCR')
      return operation.unsupported('in the order CRD');
    const size = operation.integerOf(operation.integer('blocksize', 1), 'block_size');
    return operation.emit(type, { x: operation.value(0), block_size: size });
  };

export const movementRules: Record<string, ConversionRule> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Pad: pad,
  DepthToSpace: blocks('depth_to_space'),
  SpaceToDepth: blocks('space_to_depth'),
};
