import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import type { Node } from '../../onnx/graph';

/** Where an image is sampled that gets other sizes; to the nearest pixel always by its whole number, as `asymmetric` with `floor` has it. */
type Sampling =
  { mode: 'linear'; points: 'align_corners' | 'half_pixel' | 'asymmetric' } | { mode: 'nearest'; points: 'asymmetric' };

interface Sizes {
  from: readonly number[];
  to: readonly number[];
  /** The axes of height and width. */
  spatial: readonly [rows: number, columns: number];
}

/** Pixels by which a size may miss what its factor gives: factors are written in single precision. */
const tolerance = 1e-3;

/** Whether the image lies with its channels last, as far as what is resized tells. */
export const isTurned = (from: readonly number[], to: readonly number[]): boolean =>
  to[3] === from[3] && to[1] !== from[1];

/**
 * How a Resize or Upsample node samples height and width, by the ratio of the sizes; else why that cannot be said so.
 * @param factors for each axis or those that the node names; none where it gives sizes
 */
export function resizeSampling(
  node: Node,
  factors: ArrayLike<number> | undefined,
  sizes: Sizes,
): Sampling | { problem: string } {
  const { from, to, spatial } = sizes;
  const isSpatial = to.length === 4 && to.every((size, axis) => size === from[axis] || spatial.includes(axis));
  if (!isSpatial) return { problem: 'of other axes than height and width' };
  const mode = stringAttribute(node, 'mode', 'nearest');
  const usual = node.op === 'Upsample' ? 'asymmetric' : 'half_pixel';
  const named = stringAttribute(node, 'coordinate_transformation_mode', usual);
  const shrinksToOne = spatial.some((axis) => to[axis] === 1 && from[axis] !== 1);
  const points = named === 'pytorch_half_pixel' && !shrinksToOne ? 'half_pixel' : named;
  const isKnown = points === 'align_corners' || points === 'half_pixel' || points === 'asymmetric';
  if (!isKnown || intAttribute(node, 'antialias', 0) !== 0) return { problem: `with points ${named}` };
  if (points !== 'align_corners' && !isRatioOfSizes(node, factors, sizes))
    return { problem: 'by factors that give no whole pixels' };
  if (mode === 'linear') return { mode, points };
  if (mode !== 'nearest') return { problem: `in mode ${mode}` };
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const isFloor = points === 'asymmetric' && rounding === 'floor';
  // Enlarged by whole factors: every rounding of half-pixel points then takes the pixel that the asymmetric floor takes.
  const isWhole = points === 'half_pixel' && to.every((size, axis) => size % from[axis]! === 0);
  if (isFloor || (isWhole && rounding.startsWith('round'))) return { mode, points: 'asymmetric' };
  return { problem: `to the nearest pixel (${named}, ${rounding})` };
}

/** Whether the factors that ONNX samples by, as they are written, are the ratios of the sizes. */
function isRatioOfSizes(node: Node, factors: ArrayLike<number> | undefined, { from, to }: Sizes): boolean {
  if (!factors || factors.length === 0)
    return stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const axes = intsAttribute(node, 'axes')?.map((axis) => (axis < 0 ? axis + from.length : axis)) ?? [...from.keys()];
  return axes.every((axis, at) => Math.abs(factors[at]! * from[axis]! - to[axis]!) < tolerance);
}
