import type { Tensor } from '../onnx/graph';

/** Scores = weight features + bias. */
export interface ExitHead {
  /** `[classes, channels]`. */
  weight: Tensor;
  /** `[classes]`. */
  bias: Tensor;
}

/** Scores `[count, classes]` that a head gives. */
export function headScores({ weight, bias }: ExitHead, rows: Float32Array): Float32Array {
  const [classes, channels] = weight.shape as [number, number];
  const count = rows.length / channels;
  const scores = new Float32Array(count * classes);
  const [w, b] = [weight.data as Float32Array, bias.data as Float32Array];
  for (let image = 0; image < count; image++)
    for (let row = 0; row < classes; row++) {
      let sum = b[row]!;
      for (let at = 0; at < channels; at++) sum += w[row * channels + at]! * rows[image * channels + at]!;
      scores[image * classes + row] = sum;
    }
  return scores;
}
