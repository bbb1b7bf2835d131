import type { ImageProblem, Split } from '@shared/dataset';
import { AppError, toAppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import { cropGeometry } from './crop-geometry';
import { openCropCache } from './crop-cache';
import type { ImageEntry, ImageSet } from './dataset';
import { readImageFile } from './image-file';
import { batchShape, normalizeFor, type Pixels, type PixelType } from './normalize';
import { decodeCrop } from './preprocess';

export interface ImageBatch {
  /** Normalised float32 or raw uint8, in the card's layout. */
  data: Pixels;
  /** `[n, channels, height, width]` or `[n, height, width, channels]`. */
  shape: number[];
  /** The `n` images in `data`, in order. */
  entries: ImageEntry[];
}

/** The images of one split as a model takes them. */
export interface Images<S extends Split = Split> {
  readonly split: S;
  /** Images in the set, readable or not. */
  readonly count: number;
  /** Images left out so far, one entry an image however often the set is walked. */
  readonly problems: readonly ImageProblem[];
  /**
   * Batches in a fixed order; all but the last hold `batchSize` images. Walking it holds a number of images in memory that
   * depends on `batchSize` alone. Throws `dataset.unreadable` when no image can be used, and `cancelled`.
   * @param options.take gives memory of an earlier batch to use again, which spares fresh memory its page faults: they take longer
   * than all the rest of a cached image
   * @param options.type uint8 for raw pixels, without normalisation
   */
  batches(
    batchSize: number,
    options?: { take?: () => Pixels | undefined; type?: PixelType },
  ): AsyncGenerator<ImageBatch, void, undefined>;
}

/** Images decoded ahead at least; enough that a thread blocked by inference finds the next ones ready. */
const minimumAhead = 32;

/**
 * @param options.cacheFolder where crops are kept; safe to delete
 * Throws `dataset.classes-mismatch` when a label is beyond the model's classes; calibration needs no labels, so theirs may be any.
 */
export async function openImages<S extends Split>(
  set: ImageSet<S>,
  card: ModelCard,
  options: { cacheFolder: string; signal?: AbortSignal },
): Promise<Images<S>> {
  const { entries } = set;
  const { classes } = card.output;
  const beyond = set.split === 'calibration' ? undefined : entries.find((entry) => entry.label >= classes);
  if (beyond) {
    const dataset = dirname(beyond.path);
    throw new AppError('dataset.classes-mismatch', { dataset, label: beyond.label, model: card.name, classes });
  }
  const geometry = cropGeometry(card.preprocess, set.alreadyResized);
  const cache = openCropCache(options.cacheFolder, geometry);
  const problems: ImageProblem[] = [];
  const problemFiles = new Set<string>();

  async function load(entry: ImageEntry): Promise<Uint8Array | undefined> {
    try {
      const cached = await cache.read(entry.hash);
      if (cached || options.signal?.aborted) return cached;
      const bytes = await readImage(entry);
      const crop = await decodeCrop(bytes, entry.path, geometry);
      await cache.write(entry.hash, crop);
      return crop;
    } catch (thrown) {
      if (!problemFiles.has(entry.path)) problems.push({ file: entry.path, message: toAppError(thrown).message });
      problemFiles.add(entry.path);
      return undefined;
    }
  }

  async function* crops(ahead: number): AsyncGenerator<{ entry: ImageEntry; crop: Uint8Array }, void, undefined> {
    const pending: { entry: ImageEntry; crop: Promise<Uint8Array | undefined> }[] = [];
    let next = 0;
    let usable = 0;
    try {
      while (pending.length > 0 || next < entries.length) {
        while (pending.length < ahead && next < entries.length) {
          const entry = entries[next++]!;
          pending.push({ entry, crop: load(entry) });
        }
        const { entry, crop: loading } = pending.shift()!;
        const crop = await loading;
        if (options.signal?.aborted) throw new AppError('cancelled');
        if (!crop) continue;
        usable++;
        yield { entry, crop };
      }
    } finally {
      // Nothing goes on reading or writing after the walk has ended, however it ended.
      await Promise.all(pending.map((item) => item.crop));
    }
    if (usable === 0 && entries.length > 0) {
      const path = dirname(entries[0]!.path);
      throw new AppError('dataset.unreadable', { path, count: entries.length, first: problems[0]?.message });
    }
  }

  const sizeOfImage = batchShape(card, 1).reduce((product, side) => product * side);
  return {
    split: set.split,
    count: entries.length,
    problems,
    async *batches(batchSize, { take = () => undefined, type = 'float32' } = {}) {
      const wanted = batchSize * sizeOfImage;
      const memory = (): Pixels => {
        const used = take();
        if (used?.length === wanted) return used;
        return type === 'uint8' ? new Uint8Array(wanted) : new Float32Array(wanted);
      };
      const normalize = normalizeFor(card, type);
      let data = memory();
      let inBatch: ImageEntry[] = [];
      for await (const { entry, crop } of crops(batchSize + Math.max(batchSize, minimumAhead))) {
        normalize(crop, data, inBatch.length);
        inBatch.push(entry);
        if (inBatch.length < batchSize) continue;
        yield { data, shape: batchShape(card, batchSize), entries: inBatch };
        data = memory();
        inBatch = [];
      }
      const rest = inBatch.length;
      if (rest > 0) yield { data: data.slice(0, rest * sizeOfImage), shape: batchShape(card, rest), entries: inBatch };
    },
  };
}

/** The file's bytes, if they still are the ones the entry was made from: crops are kept under the entry's hash. */
async function readImage(entry: ImageEntry): Promise<Uint8Array> {
  const bytes = await readImageFile(entry.path);
  if (hash('sha256', bytes) !== entry.hash) {
    throw new AppError('image.broken', { path: entry.path, detail: 'the file changed after the dataset was opened' });
  }
  return bytes;
}
