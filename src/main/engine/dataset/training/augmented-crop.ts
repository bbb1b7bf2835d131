import type { Augmentation } from '@shared/augmentation';
import type { DecodedImage } from '../preprocess';
import { resampleCrop } from '../resample';
import { drawColourChanges } from './colour-jitter';
import { randomResizedCrop, type Box } from './random-resized-crop';

/**
 * A part of an image, scaled, mirrored and recoloured as chance has it: `RandomResizedCrop` (bilinear with antialias), `RandomHorizontalFlip`,
 * `ColorJitter`, each as torchvision computes it on a Pillow image.
 * @param random uniform in [0, 1); how many numbers are taken follows from the numbers
 * @param size `[height, width]` of the result
 * @param aspect width over height that evaluation cuts out
 * @returns RGB, `[height, width, 3]`
 */
export function augmentedCrop(
  image: DecodedImage,
  random: () => number,
  augmentation: Augmentation,
  size: readonly [number, number],
  aspect = 1,
): Uint8Array {
  const box = randomResizedCrop(random, image, augmentation, aspect);
  const isMirrored = random() < augmentation.flip;
  const changes = drawColourChanges(random, augmentation);
  const crop = scaledPart(image, box, size);
  if (isMirrored) mirror(crop, size[1]);
  for (const change of changes) change(crop);
  return crop;
}

/** A part of an image scaled to `[height, width]`: the filter sees nothing beyond its edges, as after Pillow's `crop`. */
export function scaledPart(image: DecodedImage, box: Box, [height, width]: readonly [number, number]): Uint8Array {
  const whole = { width, height, left: 0, top: 0, cropWidth: width, cropHeight: height };
  return resampleCrop(cutOut(image, box), box.width, box.height, whole);
}

function cutOut({ width, pixels }: DecodedImage, box: Box): Uint8Array {
  if (box.width === width) return pixels.subarray(box.top * width * 3, (box.top + box.height) * width * 3);
  const stride = box.width * 3;
  const cut = new Uint8Array(box.height * stride);
  for (let row = 0; row < box.height; row++) {
    const from = ((box.top + row) * width + box.left) * 3;
    cut.set(pixels.subarray(from, from + stride), row * stride);
  }
  return cut;
}

/** Swaps left and right, in place. */
export function mirror(rgb: Uint8Array, width: number): void {
  const stride = width * 3;
  for (let row = 0; row < rgb.length; row += stride) {
    for (let left = row, right = row + stride - 3; left < right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const kept = rgb[left + channel]!;
        rgb[left + channel] = rgb[right + channel]!;
        rgb[right + channel] = kept;
      }
    }
  }
}
