import type { Augmentation } from '@shared/augmentation';
import { heightAndWidth, type Preprocess } from '@shared/model-card';
import { roundHalfToEven } from '../crop-geometry';

/** A part of an image, pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const attempts = 10;

/**
 * The part of an image that torchvision's `RandomResizedCrop.get_params` takes: area uniform in `scale` of the image's, the logarithm of the
 * ratio uniform, place uniform among those inside; after ten that do not fit, the largest in the centre with a ratio within `ratio`.
 * @param random uniform in [0, 1)
 * @param aspect ratios are multiples of it: width over height that evaluation cuts out
 */
export function randomResizedCrop(
  random: () => number,
  image: { width: number; height: number },
  { scale, ratio }: Pick<Augmentation, 'scale' | 'ratio'>,
  aspect = 1,
): Box {
  const between = (low: number, high: number): number => low + (high - low) * random();
  const [least, most] = [ratio[0] * aspect, ratio[1] * aspect];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = image.width * image.height * between(...scale);
    const chosen = Math.exp(between(Math.log(least), Math.log(most)));
    const width = roundHalfToEven(Math.sqrt(area * chosen));
    const height = roundHalfToEven(Math.sqrt(area / chosen));
    if (width <= 0 || width > image.width || height <= 0 || height > image.height) continue;
    const top = Math.floor(random() * (image.height - height + 1));
    const left = Math.floor(random() * (image.width - width + 1));
    return { left, top, width, height };
  }
  const whole = image.width / image.height;
  const width = whole > most ? roundHalfToEven(image.height * most) : image.width;
  const height = whole < least ? roundHalfToEven(image.width / least) : image.height;
  // Of an image of few pixels, rounding may leave nothing or more than there is.
  const inside = { width: clamp(width, image.width), height: clamp(height, image.height) };
  return {
    left: Math.floor((image.width - inside.width) / 2),
    top: Math.floor((image.height - inside.height) / 2),
    ...inside,
  };
}

const clamp = (side: number, most: number): number => Math.min(most, Math.max(1, side));

/** Width over height of what evaluation cuts out of an image of this size: a network that sees images stretched has no ratio of its own. */
export function evaluatedAspect(
  { resize, crop }: Pick<Preprocess, 'resize' | 'crop'>,
  image: { width: number; height: number },
): number {
  const [cropHeight, cropWidth] = heightAndWidth(crop);
  if (typeof resize === 'number') return cropWidth / cropHeight;
  const [scaledHeight, scaledWidth] = resize;
  return ((cropWidth / scaledWidth) * image.width) / ((cropHeight / scaledHeight) * image.height);
}
