import { MatrixProducts, type Matrix } from '../compression/algebra/matrix-products';
import { float32Tensor } from '../onnx/make';
import type { ExitHead } from './exit-head';
import type { HeadSamples } from './head-samples';

/** Strengths of the penalty that are tried: few channels bear less of it, thousands need more. */
export const ridgeStrengths = [0.03, 0.1, 0.3, 1, 3, 10, 30];
/** What scores are multiplied by: a penalty makes them smaller than those that they stand for, what nothing tells of an image makes them larger than they should be. */
const scoreScales = [0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8];

/** A head with all scores multiplied by a number. */
export const scaled = ({ weight, bias }: ExitHead, by: number): ExitHead => ({
  weight: float32Tensor(
    weight.shape,
    (weight.data as Float32Array).map((value) => value * by),
  ),
  bias: float32Tensor(
    bias.shape,
    (bias.data as Float32Array).map((value) => value * by),
  ),
});

/**
 * Which head, and with which scale of its scores, answers most like the network on images that none was fitted to: by the divergence of the
 * answers. The squared error of the scores would have them too small, where the order of classes is lost.
 */
export async function chooseRegression(
  heads: readonly ExitHead[],
  samples: HeadSamples,
  threads: number,
): Promise<{ at: number; scale: number }> {
  const products = await MatrixProducts.open(threads);
  try {
    let best = { at: 0, scale: 1, divergence: Infinity };
    for (const [at, head] of heads.entries()) {
      const scores = await scoresOf(head, samples, products);
      for (const scale of scoreScales) {
        const divergence = divergenceOf(samples, scores, scale);
        if (divergence < best.divergence) best = { at, scale, divergence };
      }
    }
    return best;
  } finally {
    await products.close();
  }
}

/** `[count, classes]`. */
async function scoresOf(
  { weight, bias }: ExitHead,
  { rows, count }: HeadSamples,
  products: MatrixProducts,
): Promise<Float32Array> {
  const [classes, channels] = weight.shape as [number, number];
  const matrix = (rowCount: number, data: Float32Array): Matrix => ({ rows: rowCount, columns: channels, data });
  const { data } = await products.timesTransposed(matrix(count, rows), matrix(classes, weight.data as Float32Array));
  return data.map((value, at) => value + (bias.data as Float32Array)[at % classes]!);
}

/** The mean cross-entropy of the network's answers with those of scaled scores: their divergence, but for what is the same for all. */
function divergenceOf({ scores, count }: HeadSamples, own: Float32Array, scale: number): number {
  const classes = scores.length / count;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const [wanted, found] = [scores, own].map((all) => all.subarray(row * classes, (row + 1) * classes));
    const [most, ownMost] = [greatest(wanted!), scale * greatest(found!)];
    let [total, ownTotal, product] = [0, 0, 0];
    for (let at = 0; at < classes; at++) {
      const share = Math.exp(wanted![at]! - most);
      total += share;
      ownTotal += Math.exp(scale * found![at]! - ownMost);
      product += share * (scale * found![at]! - ownMost);
    }
    sum += Math.log(ownTotal) - product / total;
  }
  return sum / count;
}

const greatest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, value), -Infinity);
