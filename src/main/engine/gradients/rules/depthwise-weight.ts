import { elementCount } from '../../onnx/graph';
import type { GradientWriter } from '../gradient-writer';
import { tapsOf } from '../window';
import type { Convolution } from './convolution-of';
import { padded, under } from './taps';

/** With wider outputs than this, what is computed and not needed outweighs. */
const widestRows = 64;

/** The weight gradient of a layer whose channels do not meet. */
export function depthwiseWeightGradient(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { wShape, groups, windows } = convolution;
  const [, columns] = windows;
  const isSingle = wShape[0] === groups && windows.length === 2 && windows.some(({ kernel }) => kernel > 1);
  return isSingle && columns!.output <= widestRows
    ? byRows(write, gradient, convolution)
    : byTaps(write, gradient, convolution);
}

/** Products and sums for each tap: memory is read and written for each of them. */
function byTaps(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { x, xShape, wShape, outputShape, windows, groups } = convolution;
  const [images, multiplier, count] = [outputShape[0]!, wShape[0]! / groups, elementCount(outputShape.slice(2))];
  const dy = write.reshape(gradient, [images, groups, multiplier, count]);
  const source = padded(write, x, windows, wShape.length, 2);
  const sums = tapsOf(windows).map((tap) => {
    const values = write.reshape(under(write, source, tap, windows, 2), [images, xShape[1]!, 1, count]);
    return write.reshape(write.sum(write.multiply(dy, values), [0, 3]), [wShape[0]!, 1]);
  });
  return write.reshape(write.concat(sums, 1), wShape);
}

/**
 * For each row of the kernel one product of matrices a channel: all columns of d loss / d y with all columns of the input, summed over rows
 * and images. Taps are sums along its diagonals. Most of the product is not needed, and yet it takes less time than reading memory for
 * every tap.
 */
function byRows(write: GradientWriter, gradient: string, convolution: Convolution): string {
  const { x, wShape, outputShape, windows } = convolution;
  const [rows, columns] = [windows[0]!, windows[1]!];
  const [channels, lines] = [wShape[0]!, outputShape[0]! * rows.output];
  const width = Math.max(0, columns.before) + columns.input + Math.max(0, columns.after);
  const dy = write.reshape(write.transpose(gradient, [1, 0, 2, 3]), [channels, lines, columns.output]);
  const turned = write.transpose(dy, [0, 2, 1]);
  const source = padded(write, write.transpose(x, [1, 0, 2, 3]), windows, 4, 2);
  const diagonals = Array.from({ length: columns.kernel }, (_, tap) =>
    Array.from({ length: columns.output }, (_each, at) => at * (width + columns.stride) + tap * columns.dilation),
  ).flat();
  const sums = Array.from({ length: rows.kernel }, (_, tap) => {
    const start = tap * rows.dilation;
    const taken = write.slice(source, [2], [start], [start + (rows.output - 1) * rows.stride + 1], [rows.stride]);
    const products = write.matMul(turned, write.reshape(taken, [channels, lines, width]));
    const along = write.gather(write.reshape(products, [channels, columns.output * width]), diagonals, 1);
    return write.sum(write.reshape(along, [channels, columns.kernel, columns.output]), [2]);
  });
  return write.reshape(write.concat(sums, 1), wShape);
}
