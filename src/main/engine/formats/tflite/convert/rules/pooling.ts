import { intsAttribute } from '../../../../onnx/attributes';
import type { ConversionRule } from '../rule';
import type { Operation } from '../operation';
import { padded } from '../padded';
import { channelsLast } from '../placement';
import type { Stored } from '../value';
import { ownPadding, windowsOf, type Window } from '../../../from-onnx/window-padding';

const nhwc = channelsLast(4);

function image(operation: Operation): Stored {
  const value = operation.stored(0);
  return value.shape.length === 4 ? value : operation.unsupported(`with ${value.shape.length - 2} spatial axes`);
}

function kernelOf(operation: Operation): readonly number[] {
  return intsAttribute(operation.node, 'kernel_shape') ?? operation.unsupported('without kernel_shape');
}

function poolOptions([high, wide]: readonly Window[], padding: string, activation = 'NONE') {
  const [strideH, strideW, filterHeight, filterWidth] = [high!.stride, wide!.stride, high!.kernel, wide!.kernel];
  return { padding, strideW, strideH, filterWidth, filterHeight, fusedActivationFunction: activation };
}

const maxPool: ConversionRule = (operation) => {
  const value = image(operation);
  const spatial = value.shape.slice(2);
  const windows = windowsOf(operation.node, spatial, kernelOf(operation));
  if (windows.some(({ dilation }) => dilation !== 1)) return operation.unsupported('with dilation');
  const own = ownPadding(spatial, windows);
  const tensor = operation.place(value, nhwc);
  const input = own ? tensor : padded(operation, tensor, windows, 'lowest');
  const result = { shape: operation.outputShape(), axes: nhwc, like: input };
  return operation.emit('MAX_POOL_2D', [input], result, poolOptions(windows, own ?? 'VALID'));
};

/**
 * The operator divides by the pixels that a window covers, and never counts its own padding. Where padding counts, zeros are added before
 * it; where it does not but SAME is another padding, sums of zeros are multiplied by window / covered, which is the same for each image.
 */
const averagePool: ConversionRule = (operation) => {
  const value = image(operation);
  const spatial = value.shape.slice(2);
  const windows = windowsOf(operation.node, spatial, kernelOf(operation));
  if (windows.some(({ dilation }) => dilation !== 1)) return operation.unsupported('with dilation');
  const own = ownPadding(spatial, windows);
  const counts = operation.integer('count_include_pad', 0) !== 0;
  const tensor = operation.place(value, nhwc);
  const shape = operation.outputShape();
  const isOwn = own === 'VALID' || (own === 'SAME' && !counts);
  const input = isOwn ? tensor : padded(operation, tensor, windows);
  const pooled = { shape, axes: nhwc };
  const options = poolOptions(windows, isOwn ? own : 'VALID');
  const factors = isOwn ? [] : correction(spatial, windows, counts);
  if (factors.every((factor) => factor === 1)) return operation.emit('AVERAGE_POOL_2D', [input], pooled, options);
  const sums = operation.emit('AVERAGE_POOL_2D', [input], { ...pooled, like: input }, options);
  const [high, wide] = windows;
  const scale = operation.floats(factors, [1, high!.outputs, wide!.outputs, 1]);
  return operation.emit('MUL', [sums.tensor, scale], pooled, { fusedActivationFunction: 'NONE' });
};

/** For each position, the size of the window over how many of its pixels count. */
function correction(spatial: readonly number[], windows: readonly Window[], countsPads: boolean): number[] {
  const [rows, columns] = windows.map((window, axis) =>
    Array.from({ length: window.outputs }, (_, position) => {
      const length = spatial[axis]!;
      const start = position * window.stride - window.before;
      const [first, last] = countsPads ? [-window.before, length + window.named] : [0, length];
      return window.kernel / (Math.min(start + window.kernel, last) - Math.max(start, first));
    }),
  );
  return rows!.flatMap((row) => columns!.map((column) => Math.fround(row * column)));
}

const globalPool =
  (op: string): ConversionRule =>
  (operation) => {
    const value = operation.stored(0);
    const { length } = value.shape;
    const axes = channelsLast(length);
    const input = operation.place(value, axes);
    const spatial = operation.builder.integers(Array.from({ length: length - 2 }, (_, axis) => axis + 1));
    const result = { shape: operation.outputShape(), axes, ...(op === 'REDUCE_MAX' && { like: input }) };
    return operation.emit(op, [input, spatial], result, { keepDims: true });
  };

export const poolingRules: Record<string, ConversionRule> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool('MEAN'),
  GlobalMaxPool: globalPool('REDUCE_MAX'),
};
