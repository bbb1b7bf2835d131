import { intsAttribute } from '../../../../onnx/attributes';
import { windowsOf } from '../../../from-onnx/window-padding';
import type { ConversionRule } from '../rule';
import { padsOf } from './layers';

const pool =
  (type: 'max_pool' | 'avg_pool'): ConversionRule =>
  (operation) => {
    const { node } = operation;
    const x = operation.value(0);
    const spatial = x.shape.slice(2);
    const kernel = intsAttribute(node, 'kernel_shape') ?? operation.unsupported('without kernel_shape');
    const windows = windowsOf(node, spatial, kernel);
    if (windows.some(({ dilation }) => dilation !== 1)) return operation.unsupported('with dilation');
    if (node.outputs.length > 1 && node.outputs[1] !== '') return operation.unsupported('with indices');
    const countsPads = operation.integer('count_include_pad', 0) !== 0;
    if (type === 'avg_pool' && countsPads && windows.some(({ behind, named }) => behind !== named))
      return operation.unsupported('that counts padding and rounds its size up');
    return operation.emit(type, {
      x,
      kernel_sizes: operation.integersOf(kernel, 'kernel_sizes'),
      strides: operation.integersOf(
        windows.map(({ stride }) => stride),
        'strides',
      ),
      pad_type: operation.text('custom', 'pad_type'),
      pad: operation.integersOf(padsOf(windows, spatial), 'pad'),
      ceil_mode: operation.boolean(false, 'ceil_mode'),
      exclude_padding_from_average: type === 'avg_pool' ? operation.boolean(!countsPads, 'exclude') : undefined,
    });
  };

const globalPool =
  (type: 'reduce_mean' | 'reduce_max'): ConversionRule =>
  (operation) => {
    const x = operation.value(0);
    const axes = x.shape.map((_, axis) => axis).slice(2);
    return operation.emit(type, {
      x,
      axes: operation.integersOf(axes, 'axes'),
      keep_dims: operation.boolean(true, 'keep_dims'),
    });
  };

export const poolingRules: Record<string, ConversionRule> = {
  MaxPool: pool('max_pool'),
  AveragePool: pool('avg_pool'),
  GlobalAveragePool: globalPool('reduce_mean'),
  GlobalMaxPool: globalPool('reduce_max'),
};
