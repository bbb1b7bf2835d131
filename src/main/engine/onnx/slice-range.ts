import { intsAttribute } from './attributes';
import type { Node } from './graph';

/** Bounds of a Slice per axis it names. */
export interface SliceBounds {
  axes: number[];
  starts: number[];
  ends: number[];
  steps: number[];
}

/**
 * The bounds a Slice node asks for: attributes before opset 10, inputs since.
 * @param known the integers of an input where they are known. @returns undefined when they are computed at run time.
 */
export function sliceBounds(
  node: Node,
  opset: number,
  known: (input: number) => readonly number[] | undefined,
): SliceBounds | undefined {
  const starts = opset < 10 ? intsAttribute(node, 'starts') : known(1);
  const ends = opset < 10 ? intsAttribute(node, 'ends') : known(2);
  if (!starts || !ends || starts.length !== ends.length) return undefined;
  const optional = (input: number, fallback: (index: number) => number): readonly number[] | undefined =>
    (node.inputs[input] ?? '') === '' ? starts.map((_, index) => fallback(index)) : known(input);
  const axes =
    opset < 10 ? (intsAttribute(node, 'axes') ?? starts.map((_, index) => index)) : optional(3, (index) => index);
  const steps = opset < 10 ? starts.map(() => 1) : optional(4, () => 1);
  if (axes?.length !== starts.length || steps?.length !== starts.length) return undefined;
  return { axes: [...axes], starts: [...starts], ends: [...ends], steps: [...steps] };
}

/** First index and number of elements that start:end:step takes of an axis, clamped as the Slice operator says. */
export function sliceRange(length: number, start: number, end: number, step: number): { start: number; count: number } {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(Math.max(value < 0 ? value + length : value, low), high);
  const from = step > 0 ? clamp(start, 0, length) : clamp(start, 0, length - 1);
  const to = step > 0 ? clamp(end, 0, length) : clamp(end, -1, length - 1);
  return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) };
}
