import type { ModelCard } from '@shared/model-card';
import { channelCount } from '@shared/model-card';
import { toFloat16 } from '../onnx/float16';
import type { Quantization, RuntimeTensor } from '../runtimes/runtime';

/** How a file takes images, beside how preprocessing gives them. */
export interface InputForm {
  type: 'float32' | 'float16' | 'uint8' | 'int8';
  /** Of the codes, where these stand for other numbers than themselves. */
  quantization?: Quantization;
  /** Set where images must be turned from planes to pixels: channels and pixels of one. */
  interleave?: { channels: number; pixels: number };
}

/** Images as preprocessing gives them: normalised numbers, or levels from 0 to 255. */
export interface GivenImages {
  shape: readonly number[];
  data: Float32Array | Uint8Array;
}

/** What has to be turned where a file wants `[N,H,W,C]` and the card says `[N,C,H,W]`. */
export function interleaveOf({ input }: Pick<ModelCard, 'input'>): InputForm['interleave'] {
  return { channels: channelCount(input), pixels: input.height * input.width };
}

/**
 * The tensor that a file takes, made from images: pixels of all channels together where it wants them so, numbers as halves or as codes
 * where it takes these. Codes as TensorFlow Lite's QUANTIZE operator makes them: round(x / scale) + zero point, halves away from zero, clamped
 * (tensorflow/lite/kernels/internal/reference/quantize.h).
 */
export function fileTensor({ type, quantization, interleave }: InputForm, images: GivenImages): RuntimeTensor {
  const { shape, data } = interleave ? interleaved(images, interleave) : images;
  switch (type) {
    case 'float32':
      return { type, shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
    case 'float16':
      return { type, shape, data: toFloat16(data instanceof Float32Array ? data : Float32Array.from(data)) };
    default:
      return { type, shape, data: codesOf(data, type, quantization) };
  }
}

function interleaved(
  { shape, data }: GivenImages,
  { channels, pixels }: NonNullable<InputForm['interleave']>,
): GivenImages {
  const [batch, , height, width] = shape as [number, number, number, number];
  const turned = data instanceof Uint8Array ? new Uint8Array(data.length) : new Float32Array(data.length);
  for (let image = 0; image < batch; image++) {
    const start = image * channels * pixels;
    for (let channel = 0; channel < channels; channel++) {
      const plane = start + channel * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) turned[start + pixel * channels + channel] = data[plane + pixel]!;
    }
  }
  return { shape: [batch, height, width, channels], data: turned };
}

function codesOf(
  data: Float32Array | Uint8Array,
  type: 'uint8' | 'int8',
  quantization: Quantization | undefined,
): Uint8Array | Int8Array {
  if (!quantization && type === 'uint8' && data instanceof Uint8Array) return data;
  const { scale, zeroPoint } = quantization ?? { scale: 1, zeroPoint: 0 };
  const [lowest, highest] = type === 'uint8' ? [0, 255] : [-128, 127];
  const codes = type === 'uint8' ? new Uint8Array(data.length) : new Int8Array(data.length);
  const single = Math.fround(scale);
  for (let index = 0; index < codes.length; index++) {
    const code = roundAway(Math.fround(data[index]! / single)) + zeroPoint;
    codes[index] = Math.min(highest, Math.max(lowest, code));
  }
  return codes;
}

/** As C's round: halves away from zero. */
const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

/** The numbers that codes stand for. */
export function realNumbers(codes: ArrayLike<number>, { scale, zeroPoint }: Quantization): Float32Array {
  return new Float32Array(codes).map((code) => scale * (code - zeroPoint));
}
