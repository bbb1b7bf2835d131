import { elementCount } from '../../onnx/graph';
import type { GradientWriter } from '../gradient-writer';
import { tapsOf } from '../window';
import type { Convolution } from './convolution-of';
import { depthwiseWeightGradient } from './depthwise-weight';
import { padded, under } from './taps';

/**
 * d loss / d w = sum over images and positions of d loss / d y times the input under each tap of the kernel. Which of the equal formulas
 * takes least time was measured: products of matrices for dense layers, never a convolution with exchanged roles; see ADR 45.
 */
export function convolutionWeightGradient(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { xShape, wShape, groups } = convolution;
  const [outputs, perGroup] = [wShape[0]!, wShape[1]!];
  if (groups === 1 && isPointwise(convolution) && outputs * perGroup < positions(convolution) * (outputs + perGroup))
    return byImages(write, gradient, convolution);
  if (perGroup === 1 && groups === xShape[1]) return depthwiseWeightGradient(write, gradient, convolution);
  return groups === 1 && perGroup >= leastInputs
    ? byTaps(write, gradient, convolution)
    : byColumns(write, gradient, convolution);
}

/** Products with fewer input channels than these are too narrow to be taken tap by tap. */
const leastInputs = 8;

const positions = ({ outputShape }: Convolution): number => elementCount(outputShape.slice(2));

/** One tap at every position of the input. */
const isPointwise = ({ windows }: Convolution): boolean =>
  windows.every(({ kernel, stride, before, after }) => kernel * stride === 1 && before === 0 && after === 0);

/** `[O,P] x [P,C]` for each image, then their sum: no image is moved in memory. */
function byImages(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { x, xShape, wShape, outputShape } = convolution;
  const [images, count] = [outputShape[0]!, positions(convolution)];
  const dy = write.reshape(gradient, [images, wShape[0]!, count]);
  const inputs = write.transpose(write.reshape(x, [images, xShape[1]!, count]), [0, 2, 1]);
  return write.reshape(write.sum(write.matMul(dy, inputs), [0]), wShape);
}

/** `[O,NP] x [NP,C]` for each tap, with channels last. */
function byTaps(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { x, wShape, outputShape, windows } = convolution;
  const [outputs, inputs] = [wShape[0]!, wShape[1]!];
  const rank = wShape.length;
  const lastly = [0, ...windows.map((_, axis) => axis + 2), 1];
  const rows = outputShape[0]! * positions(convolution);
  const dy = write.reshape(write.transpose(gradient, lastly), [rows, outputs]);
  const images = padded(write, write.transpose(x, lastly), windows, rank, 1);
  const taps = tapsOf(windows);
  const products = taps.map((tap) =>
    write.gemm(dy, write.reshape(under(write, images, tap, windows, 1), [rows, inputs]), { transA: true }),
  );
  if (taps.length === 1) return write.reshape(products[0]!, wShape);
  const stacked = write.reshape(write.concat(products, 0), [taps.length, outputs, inputs]);
  return write.reshape(write.transpose(stacked, [1, 2, 0]), wShape);
}

/** `[O/g,NP] x [NP,taps C/g]` for each group, with all taps of the input side by side. */
function byColumns(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { x, wShape, outputShape, windows, groups } = convolution;
  const [outputs, perGroup] = [wShape[0]!, wShape[1]!];
  const rank = wShape.length;
  const channelsFirst = [1, 0, ...windows.map((_, axis) => axis + 2)];
  const columns = outputShape[0]! * positions(convolution);
  const dy = write.reshape(write.transpose(gradient, channelsFirst), [groups, outputs / groups, columns]);
  const images = padded(write, write.transpose(x, channelsFirst), windows, rank, 2);
  const taps = tapsOf(windows).map((tap) =>
    write.reshape(under(write, images, tap, windows, 2), [groups, perGroup, columns]),
  );
  const product = write.matMul(dy, write.transpose(write.concat(taps, 1), [0, 2, 1]));
  const byTap = write.reshape(product, [outputs, taps.length, perGroup]);
  return write.reshape(write.transpose(byTap, [0, 2, 1]), wShape);
}
