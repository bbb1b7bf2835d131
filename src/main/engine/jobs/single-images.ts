import type { ModelCard } from '@shared/model-card';
import type { ImageSet } from '../dataset/dataset';
import { openImages } from '../dataset/image-batches';
import type { PixelType } from '../dataset/normalize';
import type { GivenImages } from '../measure/file-tensor';

/** The images of a set that can be read, each by itself, `[1, ...image]`. Throws `dataset.unreadable`, `dataset.classes-mismatch`, `cancelled`. */
export async function* singleImages(
  set: ImageSet,
  card: ModelCard,
  options: { cacheFolder: string; signal: AbortSignal },
  type: PixelType,
): AsyncGenerator<GivenImages, void, undefined> {
  const images = await openImages(set, card, options);
  for await (const { data, shape } of images.batches(1, { type })) yield { data, shape };
}
