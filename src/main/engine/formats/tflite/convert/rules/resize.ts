import { stringAttribute } from '../../../../onnx/attributes';
import { channelsLast } from '../placement';
import type { ConversionRule } from '../rule';

/** Along height and width. Sampling points are those of ONNX where the factors are whole or sizes are, which is checked. */
const resize: ConversionRule = (operation) => {
  const { node } = operation;
  const value = operation.stored(0);
  const shape = operation.outputShape();
  const axes = shape[3] === value.shape[3] && shape[1] !== value.shape[1] ? [0, 1, 2, 3] : channelsLast(4);
  const [rows, columns, channels] = [axes[1]!, axes[2]!, axes[3]!];
  if (shape.length !== 4 || shape[0] !== value.shape[0] || shape[channels] !== value.shape[channels])
    return operation.unsupported('of other axes than height and width');
  const mode = stringAttribute(node, 'mode', 'nearest');
  const points = stringAttribute(
    node,
    'coordinate_transformation_mode',
    node.op === 'Upsample' ? 'asymmetric' : 'half_pixel',
  );
  const options = {
    alignCorners: points === 'align_corners',
    halfPixelCenters: points === 'half_pixel' || points === 'pytorch_half_pixel',
  };
  const isKnown = options.alignCorners || options.halfPixelCenters || points === 'asymmetric';
  if (!isKnown || operation.integer('antialias', 0) !== 0) return operation.unsupported(`with points ${points}`);
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  if (
    mode === 'nearest' &&
    !(points === 'asymmetric' && rounding === 'floor') &&
    !(options.halfPixelCenters && rounding.startsWith('round') && isWholeFactor(value.shape, shape, axes))
  )
    return operation.unsupported(`to the nearest pixel (${points}, ${rounding})`);
  if (mode !== 'linear' && mode !== 'nearest') return operation.unsupported(`in mode ${mode}`);
  const tensor = operation.place(value, axes);
  const size = operation.builder.integers([shape[rows]!, shape[columns]!]);
  const op = mode === 'linear' ? 'RESIZE_BILINEAR' : 'RESIZE_NEAREST_NEIGHBOR';
  const nearest = { alignCorners: false, halfPixelCenters: false };
  return operation.emit(op, [tensor, size], { shape, axes, like: tensor }, mode === 'linear' ? options : nearest);
};

/** Enlarged by whole factors: every rounding of half-pixel points then takes the pixel that the asymmetric floor takes. */
function isWholeFactor(from: readonly number[], to: readonly number[], axes: readonly number[]): boolean {
  return axes.every((axis) => to[axis]! % from[axis]! === 0);
}

export const resizeRules: Record<string, ConversionRule> = { Resize: resize, Upsample: resize };
