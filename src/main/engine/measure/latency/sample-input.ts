import { channelCount, type ModelCard } from '@shared/model-card';
import { createRandom } from '../../compression/algebra/random';
import type { RuntimeTensor } from '../../runtimes/runtime';
import { imageShape, inputTensor, type ModelInput } from '../model-input';

/** Largest wavelengths of the pattern, pixels: broad areas and soft edges as in photographs. */
const waves = 6;

/**
 * A picture-like input for timing, `[batch, ...image]`, normalised as the card says (uint8: raw pixels) and the same for the same seed.
 * Smooth waves and a little noise in 0..255: zeros or a constant would let kernels skip work (sparse and ReLU paths) and
 * could fill the network with denormal numbers, which run many times slower on some CPUs.
 */
export function sampleInput(
  card: ModelCard,
  batch: number,
  seed: number | string,
  input: Pick<ModelInput, 'pixels' | 'form'> = { pixels: 'float32', form: { type: 'float32' } },
): RuntimeTensor {
  const random = createRandom(seed);
  const { height, width, layout } = card.input;
  const plane = height * width;
  const channels = channelCount(card.input);
  const size = batch * channels * plane;
  const { pixels } = input;
  const data = pixels === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const mean = card.preprocess.mean[channel]!;
      const std = card.preprocess.std[channel]!;
      const pattern = Array.from({ length: waves }, (_, index) => {
        const wavelength = Math.max(height, width) / (index + 1);
        const angle = 2 * Math.PI * random();
        const step = (2 * Math.PI) / wavelength;
        const phase = 2 * Math.PI * random();
        return {
          down: sines(height, step * Math.sin(angle), 0),
          right: sines(width, step * Math.cos(angle), phase),
        };
      });
      for (let pixel = 0; pixel < plane; pixel++) {
        const row = Math.floor(pixel / width);
        const column = pixel % width;
        let level = 118 + 24 * (random() - 0.5);
        for (const { down, right } of pattern) {
          level += 26 * (down.sin[row]! * right.cos[column]! + down.cos[row]! * right.sin[column]!);
        }
        const pixelLevel = Math.min(255, Math.max(0, Math.round(level)));
        const value = pixels === 'uint8' ? pixelLevel : (pixelLevel - mean) / std;
        data[
          layout === 'NCHW'
            ? (image * channels + channel) * plane + pixel
            : (image * plane + pixel) * channels + channel
        ] = value;
      }
    }
  }
  return inputTensor(input, { shape: [batch, ...imageShape(card)], data });
}

/** Sine and cosine of `step * index + phase`: a wave over the plane is made of one table for rows and one for columns. */
function sines(length: number, step: number, phase: number): { sin: Float64Array; cos: Float64Array } {
  const angle = (index: number): number => step * index + phase;
  return {
    sin: Float64Array.from({ length }, (_, index) => Math.sin(angle(index))),
    cos: Float64Array.from({ length }, (_, index) => Math.cos(angle(index))),
  };
}
