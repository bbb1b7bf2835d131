import type { Preprocess } from '@shared/model-card';

/** Mean and standard deviation on the 0..255 scale, in the order red, green, blue, as training code has them. Nothing is ever assumed. */
export const presets = [
  { value: 'imagenet', label: 'ImageNet mean/std', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  { value: 'tf', label: '−1..1', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  { value: 'unit', label: '0..1', mean: [0, 0, 0], std: [255, 255, 255] },
  { value: 'raw', label: '0..255', mean: [0, 0, 0], std: [1, 1, 1] },
  { value: 'caffe', label: '0..255 less mean', mean: [123.68, 116.779, 103.939], std: [1, 1, 1] },
  { value: 'custom', label: 'Custom', mean: undefined, std: undefined },
] as const;
export type PresetId = (typeof presets)[number]['value'];

/** The words for a preset, also for one of a name that is not known here. */
export const presetLabel = (preset: string): string => presets.find(({ value }) => value === preset)?.label ?? preset;

type Triple = readonly [number, number, number];

/**
 * A preset for a network whose input is `side` pixels wide: resize to 8/7 of it (256 for 224), then crop. Means of presets follow the order of
 * the colours; custom ones are taken as they are written.
 */
export function preprocessFor(
  preset: PresetId,
  side: number,
  custom: Pick<Preprocess, 'mean' | 'std'>,
  channels: 'RGB' | 'BGR' = 'RGB',
): Preprocess {
  const { mean, std } = presets.find(({ value }) => value === preset)!;
  const ordered = ([red, green, blue]: Triple): [number, number, number] =>
    channels === 'BGR' ? [blue, green, red] : [red, green, blue];
  return {
    resize: Math.round((side * 256) / 224),
    crop: side,
    interpolation: 'bilinear',
    mean: mean ? ordered(mean) : custom.mean,
    std: std ? ordered(std) : custom.std,
  };
}
