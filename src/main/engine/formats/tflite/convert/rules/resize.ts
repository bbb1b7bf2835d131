import { intsAttribute, stringAttribute } from '../../../../onnx/attributes';
import type { Operation } from '../operation';
import { channelsLast } from '../placement';
import type { ConversionRule } from '../rule';

/** Pixels by which a size may miss what its factor gives: factors are written in single precision. */
const tolerance = 1e-3;

/** Along height and width. The operator samples by the ratio of the sizes; where ONNX has other points, it is not expressed. */
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
  const shrinksToOne = [rows, columns].some((axis) => shape[axis] === 1 && value.shape[axis] !== 1);
  if (!isKnown || operation.integer('antialias', 0) !== 0 || (points === 'pytorch_half_pixel' && shrinksToOne))
    return operation.unsupported(`with points ${points}`);
  if (!options.alignCorners && !hasRatioOfSizes(operation, value.shape, shape))
    return operation.unsupported('by factors that give no whole pixels');
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

/** Whether the factors that ONNX samples by, as they are written, are the ratios of the sizes. */
function hasRatioOfSizes(operation: Operation, from: readonly number[], to: readonly number[]): boolean {
  const { node } = operation;
  const factors = operation.numbers(node.op === 'Upsample' ? 1 : 2);
  if (!factors || factors.length === 0)
    return stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const axes = intsAttribute(node, 'axes')?.map((axis) => operation.axis(axis, from.length)) ?? [...from.keys()];
  return axes.every((axis, at) => Math.abs(factors[at]! * from[axis]! - to[axis]!) < tolerance);
}

/** Enlarged by whole factors: every rounding of half-pixel points then takes the pixel that the asymmetric floor takes. */
function isWholeFactor(from: readonly number[], to: readonly number[], axes: readonly number[]): boolean {
  return axes.every((axis) => to[axis]! % from[axis]! === 0);
}

export const resizeRules: Record<string, ConversionRule> = { Resize: resize, Upsample: resize };
