import { channelCount, type ModelCard, type Preprocess } from './model-card';

/** Preprocessing a person may choose by name; nothing is ever assumed. Means and deviations on the 0..255 scale, in the order red, green, blue. */
const preprocessPresets = {
  /** torchvision, timm and most of the ONNX model zoo. */
  imagenet: { title: 'ImageNet mean and deviation', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  /** TensorFlow-slim and most of Keras. */
  tf: { title: '−1..1', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  unit: { title: '0..1', mean: [0, 0, 0], std: [255, 255, 255] },
  raw: { title: '0..255', mean: [0, 0, 0], std: [1, 1, 1] },
  /** Caffe and the networks converted from it. */
  caffe: { title: '0..255 less the mean', mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
} as const satisfies Record<string, { title: string; mean: readonly number[]; std: readonly number[] }>;
export type PresetName = keyof typeof preprocessPresets;
export const presetNames = Object.keys(preprocessPresets) as PresetName[];

/** The words for a preset, also for one of a name that is not known here. */
export function presetTitle(name: string): string {
  return Object.hasOwn(preprocessPresets, name) ? preprocessPresets[name as PresetName].title : name;
}

/** What a network is fed: its size and its channels. */
export type ImageInput = Pick<ModelCard['input'], 'height' | 'width' | 'channels'>;

/**
 * A preset for an input of this size: squares are cropped from an image whose short side is 8/7 of theirs (256 for 224), rectangles take
 * the whole image, stretched. Gray takes the means of its colours.
 */
export function presetPreprocess(preset: PresetName, { height, width, channels }: ImageInput): Preprocess {
  const isSquare = height === width;
  const { mean, std } = preprocessPresets[preset];
  return {
    resize: isSquare ? Math.round((height * 256) / 224) : [height, width],
    crop: isSquare ? height : [height, width],
    interpolation: 'bilinear',
    mean: ordered(mean, channels),
    std: ordered(std, channels),
  };
}

type Triple = readonly [number, number, number];

function ordered([red, green, blue]: Triple, channels: ImageInput['channels']): Preprocess['mean'] {
  if (channelCount({ channels }) === 1) return [(red + green + blue) / 3];
  return channels === 'BGR' ? [blue, green, red] : [red, green, blue];
}
