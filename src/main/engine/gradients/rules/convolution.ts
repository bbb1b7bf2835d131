import { elementCount } from '../../onnx/graph';
import { attr } from '../../onnx/make';
import type { GradientWriter } from '../gradient-writer';
import { convolutionOf, type Convolution } from './convolution-of';
import { convolutionWeightGradient } from './convolution-weight';
import type { GradientRule } from './rule';

/** `[O,C/groups,...]` as the weights of the convolution that leads back: `[C,O/groups,...]`, each kernel turned by 180 degrees. */
function turnedWeights(write: GradientWriter, { w, wShape, xShape, groups }: Convolution): string {
  const [outputs, perGroup, ...kernel] = [wShape[0]!, wShape[1]!, ...wShape.slice(2)];
  const taps = elementCount(kernel);
  const ofGroup = outputs / groups;
  let turned = write.reshape(w, [groups, ofGroup, perGroup, taps]);
  const backwards = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  if (taps > 1) turned = write.gather(turned, backwards, 3);
  if (ofGroup > 1 || perGroup > 1) turned = write.transpose(turned, [0, 2, 1, 3]);
  return write.reshape(turned, [xShape[1]!, ofGroup, ...kernel]);
}

/**
 * By a convolution with turned weights where the stride is 1, which takes less time than a transposed one
 * (Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", relationships 8 to 14).
 */
function inputGradient(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { w, windows, groups } = convolution;
  const dilations = attr.ints(windows.map(({ dilation }) => dilation));
  const begin = windows.map(({ kernel, dilation, before }) => (kernel - 1) * dilation - before);
  const end = windows.map(({ kernel, dilation, after }) => (kernel - 1) * dilation - after);
  const isPlain = windows.every(({ stride }) => stride === 1) && [...begin, ...end].every((count) => count >= 0);
  if (isPlain) {
    const attributes = { pads: attr.ints([...begin, ...end]), dilations, group: attr.int(groups) };
    return write.emit('Conv', [gradient, turnedWeights(write, convolution)], attributes);
  }
  return write.emit('ConvTranspose', [gradient, w], {
    pads: attr.ints([...windows.map(({ before }) => before), ...windows.map(({ after }) => Math.max(0, after))]),
    output_padding: attr.ints(windows.map(({ after }) => Math.max(0, -after))),
    strides: attr.ints(windows.map(({ stride }) => stride)),
    dilations,
    group: attr.int(groups),
  });
}

export const convolutionRule: GradientRule = (context) => {
  const { gradient, write, isWanted } = context;
  const convolution = convolutionOf(context);
  const spatial = convolution.windows.map((_, axis) => axis + 2);
  return [
    isWanted(0) ? inputGradient(write, gradient, convolution) : undefined,
    isWanted(1) ? convolutionWeightGradient(write, gradient, convolution) : undefined,
    isWanted(2) ? write.sum(gradient, [0, ...spatial]) : undefined,
  ];
};
