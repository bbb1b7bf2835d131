import type { Preprocess } from '@shared/model-card';

export type PresetId = 'imagenet' | 'tensorflow' | 'custom';

/** Mean and standard deviation on the 0..255 scale, as torchvision and TF-slim train their networks. */
export const presets = [
  { value: 'imagenet', label: 'ImageNet mean/std', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  { value: 'tensorflow', label: 'TensorFlow −1..1', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  { value: 'custom', label: 'Custom', mean: undefined, std: undefined },
] as const;

/** A preset for a network whose input is `side` pixels wide: resize to 8/7 of it (256 for 224), then crop. */
export function preprocessFor(preset: PresetId, side: number, custom: Pick<Preprocess, 'mean' | 'std'>): Preprocess {
  const { mean, std } = presets.find(({ value }) => value === preset)!;
  return {
    resize: Math.round((side * 256) / 224),
    crop: side,
    interpolation: 'bilinear',
    mean: mean ? [...mean] : custom.mean,
    std: std ? [...std] : custom.std,
  };
}
