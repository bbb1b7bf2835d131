import { MatrixProducts, type Matrix } from '../compression/algebra/matrix-products';
import { ridgeStep } from '../compression/reconstruction/ridge-regression';
import { float32Tensor } from '../onnx/make';
import type { ExitHead } from './exit-head';

/**
 * Ridge regressions of scores, less the mean of each image's, onto features with mean 0.
 * @param rows features, `[count, channels]`. @param scores `[count, classes]`. @param images different ones among the rows
 * @param strengths of the penalty, as `ridgeStep` has it; a head for each
 */
export async function regressedHeads(
  rows: Float32Array,
  scores: Float32Array,
  {
    count,
    channels,
    classes,
    images,
    threads,
  }: Record<'count' | 'channels' | 'classes' | 'images' | 'threads', number>,
  strengths: readonly number[],
): Promise<ExitHead[]> {
  const [x, y] = [columnsOf(rows, count, channels), columnsOf(scores, count, classes)];
  const meanScores = new Float32Array(classes);
  for (let image = 0; image < count; image++) {
    let mean = 0;
    for (let at = 0; at < classes; at++) mean += y.data[at * count + image]! / classes;
    for (let at = 0; at < classes; at++) y.data[at * count + image]! -= mean;
  }
  for (let at = 0; at < classes; at++) {
    const own = y.data.subarray(at * count, (at + 1) * count);
    const mean = own.reduce((sum, value) => sum + value, 0) / count;
    meanScores[at] = mean;
    own.forEach((value, image) => (own[image] = value - mean));
  }
  const products = await MatrixProducts.open(threads);
  try {
    const gram = await products.timesTransposed(x, x);
    const errors = await products.timesTransposed(y, x);
    const heads: ExitHead[] = [];
    for (const strength of strengths) {
      // Views of an image are no further samples.
      const { data } = await ridgeStep({ gram, errors, count: images }, strength, products);
      heads.push({ weight: float32Tensor([classes, channels], data), bias: float32Tensor([classes], meanScores) });
    }
    return heads;
  } finally {
    await products.close();
  }
}

function columnsOf(rows: Float32Array, count: number, width: number): Matrix {
  const data = new Float32Array(rows.length);
  for (let row = 0; row < count; row++)
    for (let at = 0; at < width; at++) data[at * count + row] = rows[row * width + at]!;
  return { rows: width, columns: count, data };
}
