import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { heightAndWidth, type ModelCard } from '@shared/model-card';
import { createRandom } from '../../compression/algebra/random';
import { batchShape, normalizeFor } from '../normalize';
import { augmentedCrop } from './augmented-crop';
import type { DecodedImages } from './decoded-images';
import { epochOrder } from './epoch-order';
import { drawBeta, mixWithNeighbour } from './mixup';
import { evaluatedAspect } from './random-resized-crop';

/** One epoch, or what is left of it. */
export interface WalkOrder {
  seed: number;
  epoch: number;
  /** Images a batch. */
  batch: number;
  /** Batches that are passed over: those before a checkpoint. */
  from: number;
  /** What becomes of the images that fill no batch. */
  lastBatch: 'keep' | 'drop';
  augmentation: Augmentation;
  /** Alpha of mixup, up to 1; 0 for none. */
  mixup: number;
}

export interface WalkedBatch {
  /** Normalised, in the card's layout. */
  data: Float32Array<ArrayBuffer>;
  shape: number[];
  labels: Int32Array;
  /** With mixup, what else is in each image, and the share that it has of itself. */
  mixed?: { labels: Int32Array; share: number };
}

/** Images decoded ahead. */
const ahead = 32;

/**
 * The batches of an epoch: every image once, in the order of seed and epoch. What becomes of an image follows from seed, epoch and its
 * position in the set alone, so that an epoch that was left may be taken up at any batch.
 * @param take gives memory of an earlier batch to use again
 * Throws `dataset.too-few` where there is no batch in an epoch, and `dataset.unreadable`.
 */
export async function* walkEpoch(
  images: DecodedImages,
  card: ModelCard,
  order: WalkOrder,
  take: (length: number) => Float32Array<ArrayBuffer> | undefined = () => undefined,
): AsyncGenerator<WalkedBatch, void, undefined> {
  const { seed, epoch, batch, augmentation, mixup } = order;
  const end = order.lastBatch === 'keep' ? images.count : images.count - (images.count % batch);
  if (end === 0)
    throw new AppError('dataset.too-few', {
      path: images.folder,
      split: 'train',
      available: images.count,
      wanted: batch,
    });
  const size = heightAndWidth(card.preprocess.crop);
  const shortSide = detailSide(size, augmentation);
  const normalize = normalizeFor(card);
  const positions = epochOrder(images.count, order);
  const loading: ReturnType<DecodedImages['at']>[] = [];
  let next = order.from * batch;
  const loadAhead = (): void => {
    while (loading.length < ahead && next < end) {
      const image = images.at(positions[next++]!, shortSide);
      // It is waited for in its turn: until then its failure is nobody's.
      image.catch(() => undefined);
      loading.push(image);
    }
  };
  try {
    for (let start = order.from * batch; start < end; start += batch) {
      const count = Math.min(batch, end - start);
      const shape = batchShape(card, count);
      const length = shape.reduce((product, side) => product * side);
      const data = take(length) ?? new Float32Array(length);
      const labels = new Int32Array(count);
      for (let at = 0; at < count; at++) {
        loadAhead();
        const { entry, image } = await loading.shift()!;
        const random = createRandom(`augmentation ${seed} ${epoch} ${positions[start + at]}`);
        const aspect = evaluatedAspect(card.preprocess, image);
        normalize(augmentedCrop(image, random, augmentation, size, aspect), data, at);
        labels[at] = entry.label;
      }
      if (mixup === 0) yield { data, shape, labels };
      else {
        const share = drawBeta(createRandom(`mixup ${seed} ${epoch} ${start / batch}`), mixup);
        mixWithNeighbour(data, count, share);
        yield { data, shape, labels, mixed: { labels: Int32Array.from(labels, (_, at) => labels.at(at - 1)!), share } };
      }
    }
  } finally {
    // Nothing goes on decoding after the walk has ended, however it ended.
    await Promise.allSettled(loading);
  }
}

/** The short side below which the smallest crop of an image would show less than the image has. */
function detailSide([height, width]: readonly [number, number], { scale }: Augmentation): number {
  return Math.ceil(Math.max(height, width) / Math.sqrt(scale[0]));
}
