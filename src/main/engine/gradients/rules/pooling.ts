import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes';
import { elementCount } from '../../onnx/graph';
import { attr, float32Tensor } from '../../onnx/make';
import { windowsOf, type Window } from '../window';
import type { GradientContext, GradientRule } from './rule';

function poolingWindows({ node, shapeOf }: GradientContext): Window[] {
  const [input, output] = [shapeOf(node.inputs[0]!), shapeOf(node.outputs[0]!)];
  return windowsOf(node, intsAttribute(node, 'kernel_shape')!, input.slice(2), output.slice(2));
}

/**
 * Each window's share goes to the element that the forward pass chose, also where windows overlap. Among equals that is the first, row by
 * row, as in PyTorch.
 */
const maximum: GradientRule = ({ node, gradient, write, shapeOf, fail }) => {
  if (intAttribute(node, 'storage_order', 0) !== 0) return fail('it counts columns first');
  const shape = shapeOf(node.inputs[0]!);
  node.outputs[1] ||= write.freshName();
  const flat = [-1];
  const zeros = write.expand(write.scalar(0), [elementCount(shape)]);
  const inputs = [zeros, write.reshape(node.outputs[1], flat), write.reshape(gradient, flat)];
  const scattered = write.emit('ScatterElements', inputs, { axis: attr.int(0), reduction: attr.string('add') });
  return [write.reshape(scattered, shape)];
};

/** Elements that each window of an axis averages. */
function countsAlong(node: GradientContext['node'], window: Window, axis: number, axes: number): number[] {
  const { kernel, stride, dilation, before, after, input, output } = window;
  const isExplicit = stringAttribute(node, 'auto_pad', 'NOTSET') === 'NOTSET';
  const declared = isExplicit ? (intsAttribute(node, 'pads')?.[axis + axes] ?? 0) : Math.max(0, after);
  const countsPadding = intAttribute(node, 'count_include_pad', 0) !== 0;
  const [first, last] = countsPadding ? [-before, input + declared] : [0, input];
  return Array.from({ length: output }, (_, position) => {
    const taps = Array.from({ length: kernel }, (_each, tap) => position * stride - before + tap * dilation);
    return taps.filter((at) => at >= first && at < last).length;
  });
}

/** Every element of a window has the same share; a transposed convolution with ones adds what windows overlap. */
const average: GradientRule = (context) => {
  const { node, gradient, write, shapeOf } = context;
  const windows = poolingWindows(context);
  const [input, output] = [shapeOf(node.inputs[0]!), shapeOf(node.outputs[0]!)];
  const counts = windows.map((window, axis) => countsAlong(node, window, axis, windows.length));
  const shares = counts.reduce<number[]>(
    (products, along) => products.flatMap((product) => along.map((count) => product / count)),
    [1],
  );
  const share = write.store(float32Tensor([1, 1, ...output.slice(2)], shares));
  // Each channel of each image is an image of its own.
  const planes = write.reshape(write.multiply(gradient, share), [output[0]! * output[1]!, 1, ...output.slice(2)]);
  const kernel = windows.map((window) => window.kernel);
  const ones = write.store(float32Tensor([1, 1, ...kernel], new Float32Array(elementCount(kernel)).fill(1)));
  const spread = write.emit('ConvTranspose', [planes, ones], {
    pads: attr.ints([...windows.map(({ before }) => before), ...windows.map(({ after }) => Math.max(0, after))]),
    output_padding: attr.ints(windows.map(({ after }) => Math.max(0, -after))),
    strides: attr.ints(windows.map(({ stride }) => stride)),
    dilations: attr.ints(windows.map(({ dilation }) => dilation)),
  });
  return [write.reshape(spread, input)];
};

export const poolingRules: Record<string, GradientRule> = { AveragePool: average, MaxPool: maximum };
