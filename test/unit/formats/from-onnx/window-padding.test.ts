import { describe, expect, it } from 'vitest';
import { ownPadding, samePads, windowsOf } from '../../../../src/main/engine/formats/from-onnx/window-padding';
import type { Attribute } from '../../../../src/main/engine/onnx/graph';
import { attr, makeNode } from '../../../../src/main/engine/onnx/make';

const node = (attributes: Record<string, Attribute>) => makeNode('MaxPool', ['x'], ['y'], attributes);

describe('padding of windows', () => {
  // By the formula of TensorFlow's documentation: total = max((ceil(I / s) - 1) * s + k - I, 0), the odd pixel at the end.
  it.each([
    { length: 224, kernel: 3, stride: 2, pads: [0, 1] },
    { length: 225, kernel: 3, stride: 2, pads: [1, 1] },
    { length: 224, kernel: 7, stride: 2, pads: [2, 3] },
    { length: 56, kernel: 3, stride: 1, pads: [1, 1] },
    { length: 7, kernel: 1, stride: 2, pads: [0, 0] },
  ])('SAME of $kernel / $stride on $length adds $pads', ({ length, kernel, stride, pads }) => {
    expect(samePads(length, { kernel, stride, dilation: 1 })).toEqual(pads);
  });

  it('is left to the operator where it pads in the same way', () => {
    const own = (length: number, attributes: Record<string, Attribute>): string | undefined => {
      const spatial = [length, length];
      return ownPadding(spatial, windowsOf(node(attributes), spatial, [3, 3]));
    };
    const strides = attr.ints([2, 2]);
    expect(own(224, { strides, pads: attr.ints([0, 0, 1, 1]) })).toBe('SAME');
    expect(own(224, { strides, pads: attr.ints([1, 1, 1, 1]) })).toBeUndefined();
    expect(own(225, { strides, pads: attr.ints([1, 1, 1, 1]) })).toBe('SAME');
    expect(own(224, { strides })).toBe('VALID');
    expect(own(224, { strides, auto_pad: attr.string('SAME_UPPER') })).toBe('SAME');
    expect(own(224, { strides, auto_pad: attr.string('SAME_LOWER') })).toBeUndefined();
    expect(own(56, { pads: attr.ints([1, 1, 1, 1]) })).toBe('SAME');
    expect(own(56, { pads: attr.ints([2, 2, 2, 2]), dilations: attr.ints([2, 2]) })).toBe('SAME');
  });

  it('reaches as far as the last window where sizes are rounded up', () => {
    const [window] = windowsOf(node({ strides: attr.ints([2]), ceil_mode: attr.int(1) }), [112], [3]);
    expect(window).toMatchObject({ before: 0, behind: 1, named: 0, outputs: 56 });
    // A window that would begin in the padding behind the image is left out.
    const [within] = windowsOf(
      node({ strides: attr.ints([3]), pads: attr.ints([0, 2]), ceil_mode: attr.int(1) }),
      [6],
      [2],
    );
    expect(within).toMatchObject({ outputs: 2 });
  });
});
