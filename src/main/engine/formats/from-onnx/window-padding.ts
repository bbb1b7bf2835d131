import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import type { Node } from '../../onnx/graph';

/** A convolution or pooling window along one axis, with the pixels that are to be added before and behind. */
export interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  before: number;
  /** Of a pooling that rounds its size up, as many as the last window reaches over. */
  behind: number;
  /** The part of `behind` that the node itself names. */
  named: number;
  outputs: number;
}

/** Pixels that SAME adds along an axis: `ceil(length / stride)` outputs, the odd one at the end. */
export function samePads(
  length: number,
  { kernel, stride, dilation }: Pick<Window, 'kernel' | 'stride' | 'dilation'>,
): [before: number, behind: number] {
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + reach - length, 0);
  return [total >> 1, total - (total >> 1)];
}

/** The windows of a Conv or pooling node over an image of these sizes, whatever way its padding is said in. */
export function windowsOf(node: Node, spatial: readonly number[], kernel: readonly number[]): Window[] {
  const [strides, dilations, pads] = ['strides', 'dilations', 'pads'].map((name) => intsAttribute(node, name));
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  const roundsUp = intAttribute(node, 'ceil_mode', 0) !== 0;
  return spatial.map((length, axis) => {
    const window: Window = {
      kernel: kernel[axis]!,
      stride: strides?.[axis] ?? 1,
      dilation: dilations?.[axis] ?? 1,
      before: 0,
      behind: 0,
      named: 0,
      outputs: 0,
    };
    const reach = (window.kernel - 1) * window.dilation + 1;
    if (auto.startsWith('SAME')) {
      const [less, more] = samePads(length, window);
      [window.before, window.behind] = auto === 'SAME_LOWER' ? [more, less] : [less, more];
    } else if (auto === 'NOTSET') {
      window.before = pads?.[axis] ?? 0;
      window.behind = pads?.[axis + spatial.length] ?? 0;
    }
    window.named = window.behind;
    const padded = length + window.before + window.behind;
    window.outputs = Math.floor((padded - reach) / window.stride) + 1;
    if (roundsUp) {
      // A last window that would begin in the padding at the end is left out.
      const most = Math.ceil((padded - reach) / window.stride) + 1;
      const count = (most - 1) * window.stride >= length + window.before ? most - 1 : most;
      if (count !== window.outputs)
        window.behind = Math.max(0, (count - 1) * window.stride + reach - length - window.before);
      window.outputs = count;
    }
    return window;
  });
}

/** How an operator is to pad by itself; undefined where the pixels must be added before it. */
export function ownPadding(spatial: readonly number[], windows: readonly Window[]): 'VALID' | 'SAME' | undefined {
  const isSame = windows.every((window, axis) => {
    const [before, behind] = samePads(spatial[axis]!, window);
    return (
      window.before === before &&
      window.behind === behind &&
      window.outputs === Math.ceil(spatial[axis]! / window.stride)
    );
  });
  if (windows.every(({ before, behind }) => before === 0 && behind === 0)) return 'VALID';
  // XNNPACK takes the formula's negative totals for padding: of windows that step over the last pixels of an axis.
  const fills = windows.every(
    ({ kernel, stride, dilation }, axis) =>
      (Math.ceil(spatial[axis]! / stride) - 1) * stride + (kernel - 1) * dilation + 1 >= spatial[axis]!,
  );
  return isSame && fills ? 'SAME' : undefined;
}
