import { z } from 'zod';

const share = z.number().min(0).max(1);
const span = (of: z.ZodNumber): z.ZodType<[number, number]> =>
  z.tuple([of, of]).refine(([least, most]) => least <= most, 'the first number must not be above the second');

/**
 * How a training image is varied each time it is seen, with torchvision's definitions: `RandomResizedCrop`, `RandomHorizontalFlip` and
 * `ColorJitter`, in that order.
 */
export const augmentationSchema = z.strictObject({
  /** Share of the image's area that a crop covers. */
  scale: span(z.number().gt(0).max(1)),
  /** Width over height of a crop, as a multiple of what evaluation cuts out: of 1 for a square. */
  ratio: span(z.number().min(0.1).max(10)),
  /** Probability that the crop is mirrored. */
  flip: share,
  /** Each is changed by a factor between 1 - x and 1 + x; 0 for none. */
  brightness: share,
  contrast: share,
  saturation: share,
  /** Turned by up to this share of the colour circle, either way. */
  hue: share.max(0.5),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

const uncoloured = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };

export const augmentationNames = ['gentle', 'colourful', 'strong'] as const;

const gentle: Augmentation = { scale: [0.5, 1], ratio: [3 / 4, 4 / 3], flip: 0.5, ...uncoloured };

export const augmentations = {
  /** torchvision's defaults, for training from scratch on many images. */
  strong: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], flip: 0.5, ...uncoloured },
  /**
   * For fine-tuning on few images: things stay about as large as evaluation shows them (its centre crop of 224 out of 256 covers 0.77 of a
   * square), so that what the network computes stays what it was trained for.
   */
  gentle,
  /** The same in other colours, changed as far as is usual for ImageNet. */
  colourful: { ...gentle, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
} satisfies Record<(typeof augmentationNames)[number], Augmentation>;
