import { intsAttribute, stringAttribute } from '../onnx/attributes';
import type { Node } from '../onnx/graph';

/** How a convolution or pooling window moves along one spatial axis, whatever the file says of padding. */
export interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  /** Zeros before the input. */
  before: number;
  /** Zeros after it that windows reach; negative: elements at the end that none reaches. */
  after: number;
  input: number;
  output: number;
}

/** The windows of a node by spatial axis, from what goes in and comes out. */
export function windowsOf(
  node: Node,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window[] {
  const pads = intsAttribute(node, 'pads');
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  const automatic = stringAttribute(node, 'auto_pad', 'NOTSET');
  return kernel.map((size, axis) => {
    const [stride, dilation] = [strides?.[axis] ?? 1, dilations?.[axis] ?? 1];
    const [from, to] = [input[axis]!, output[axis]!];
    const reached = (to - 1) * stride + (size - 1) * dilation + 1;
    const missing = Math.max(0, reached - from);
    const beginnings: Record<string, number> = {
      SAME_UPPER: Math.floor(missing / 2),
      SAME_LOWER: Math.ceil(missing / 2),
      VALID: 0,
      NOTSET: pads?.[axis] ?? 0,
    };
    const before = beginnings[automatic] ?? 0;
    return { kernel: size, stride, dilation, before, after: reached - from - before, input: from, output: to };
  });
}

/** Positions of a kernel as offsets by axis, the last axis fastest. */
export function tapsOf(windows: readonly Window[]): number[][] {
  return windows.reduce<number[][]>(
    (taps, { kernel, dilation }) =>
      taps.flatMap((tap) => Array.from({ length: kernel }, (_, at) => [...tap, at * dilation])),
    [[]],
  );
}
