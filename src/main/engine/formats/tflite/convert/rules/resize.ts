import { isTurned, resizeSampling } from '../../../from-onnx/resize-sampling';
import type { Operation } from '../operation';
import { channelsLast } from '../placement';
import type { ConversionRule } from '../rule';

/** Along height and width. The operator samples by the ratio of the sizes; where ONNX has other points, it is not expressed. */
const resize: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const shape = operation.outputShape();
  const axes = isTurned(value.shape, shape) ? [0, 1, 2, 3] : channelsLast(4);
  const [rows, columns] = [axes[1]!, axes[2]!];
  const sampling = samplingOf(operation, value.shape, shape, [rows, columns]);
  const tensor = operation.place(value, axes);
  const size = operation.builder.integers([shape[rows]!, shape[columns]!]);
  const result = { shape, axes, like: tensor };
  if (sampling.mode === 'nearest')
    return operation.emit('RESIZE_NEAREST_NEIGHBOR', [tensor, size], result, {
      alignCorners: false,
      halfPixelCenters: false,
    });
  return operation.emit('RESIZE_BILINEAR', [tensor, size], result, {
    alignCorners: sampling.points === 'align_corners',
    halfPixelCenters: sampling.points === 'half_pixel',
  });
};

function samplingOf(
  operation: Operation,
  from: readonly number[],
  to: readonly number[],
  spatial: readonly [number, number],
) {
  const factors = operation.numbers(operation.node.op === 'Upsample' ? 1 : 2);
  const found = resizeSampling(operation.node, factors, { from, to, spatial });
  return 'problem' in found ? operation.unsupported(found.problem) : found;
}

export const resizeRules: Record<string, ConversionRule> = { Resize: resize, Upsample: resize };
