import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { augmentations } from '@shared/augmentation';
import type { ImageProblem } from '@shared/dataset';
import { AppError, type ErrorReport } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { reviveError } from '@shared/rpc';
import { builtFile } from '../../files/built-file';
import type { ImageEntry, ImageSet } from '../dataset';
import type { WalkedBatch, WalkOrder } from './training-walk';

/** What the thread is started with. */
export interface ThreadOrder {
  entries: readonly ImageEntry[];
  card: ModelCard;
  /** Decoded images that it may hold. */
  decodedBytes: number;
  /** Batches of a walk that it may have ready at once. */
  ahead: number;
}

/** To the thread: an epoch to walk, the memory of a batch that was used, or to leave an epoch. */
export type ThreadMessage = { walk: number } & (
  { order: WalkOrder } | { used: Float32Array<ArrayBuffer> } | { stop: true }
);
/** `problems`: of all images that the thread was asked for so far. */
export type ThreadAnswer = { walk: number } & (
  { batch: WalkedBatch; problems: ImageProblem[] } | { problems: ImageProblem[] } | { error: ErrorReport }
);

const ahead = 3;
const usualDecodedBytes = 512 * 1024 * 1024;

/** An epoch to walk; by default from its beginning, varied gently, without mixup, the images that fill no batch as a smaller one. */
export type EpochOrder = Pick<WalkOrder, 'seed' | 'epoch' | 'batch'> & Partial<WalkOrder>;

export interface TrainingBatch {
  /** float32 `[count, C, H, W]`, or the card's layout, normalised. Valid until the next batch is asked for. */
  pixels: Float32Array;
  shape: number[];
  /** Classes, -1 where an image has none; absent where none of the set has one. */
  labels?: Int32Array;
  count: number;
  /** With mixup: of each image `share` is its own, the rest of an image with that label. */
  mixed?: { labels?: Int32Array; share: number };
}

export interface TrainingBatches extends AsyncIterable<TrainingBatch> {
  /** Time that whoever walks it has waited for batches, milliseconds. */
  readonly waitedMs: number;
}

export interface OpenTrainingImages {
  /** Throws what `walkEpoch` throws, and `cancelled`. */
  trainingBatches(order: EpochOrder): TrainingBatches;
  /** Ends the thread, and with `cancelled` what is walked. */
  close(): Promise<void>;
}

interface TrainingOptions {
  signal?: AbortSignal;
  /** Memory for decoded images; those beyond are decoded every epoch. */
  decodedBytes?: number;
  /** Told once of each image that cannot be used, no later than the batch that it would be in. */
  skipped?(problem: ImageProblem): void;
}

/**
 * Training images, varied anew every epoch, prepared several batches ahead in a thread of their own: they are decoded once, as far as they fit
 * into memory. An idle thread keeps no process alive.
 * Throws `dataset.classes-mismatch` when a label is beyond the model's classes.
 */
export function openTrainingImages(
  { entries }: ImageSet<'train'>,
  card: ModelCard,
  { signal, decodedBytes = usualDecodedBytes, skipped }: TrainingOptions = {},
): OpenTrainingImages {
  const { classes } = card.output;
  const beyond = entries.find(({ label }) => label >= classes);
  if (beyond)
    throw new AppError('dataset.classes-mismatch', {
      dataset: dirname(beyond.path),
      label: beyond.label,
      model: card.name,
      classes,
    });
  const isLabelled = entries.some(({ label }) => label >= 0);
  const told = new Set<string>();
  const listeners = new Map<number, (answer: ThreadAnswer) => void>();
  let thread: Worker | undefined;
  let walks = 0;

  const started = (): Worker => {
    const order: ThreadOrder = { entries, card, decodedBytes, ahead };
    const worker = new Worker(builtFile('training-thread.js'), { workerData: order });
    worker.on('message', (answer: ThreadAnswer) => listeners.get(answer.walk)?.(answer));
    worker.on('error', (thrown) => {
      thread = undefined;
      const error = new AppError('internal', { detail: thrown.message }).toReport();
      for (const [walk, listen] of listeners) listen({ walk, error });
    });
    return worker;
  };

  async function* walk(order: WalkOrder, waited: (ms: number) => void): AsyncGenerator<TrainingBatch, void, undefined> {
    const id = walks++;
    const answers: ThreadAnswer[] = [];
    let wake: () => void = () => undefined;
    const take = (answer: ThreadAnswer): void => {
      answers.push(answer);
      wake();
    };
    const abort = (): void => wake();
    signal?.addEventListener('abort', abort);
    listeners.set(id, take);
    const worker = (thread ??= started());
    worker.ref();
    const say = (message: ThreadMessage, transfer: ArrayBuffer[] = []): void => worker.postMessage(message, transfer);
    say({ walk: id, order });
    try {
      for (;;) {
        if (signal?.aborted) throw new AppError('cancelled');
        const answer = answers.shift();
        if (!answer) {
          const began = performance.now();
          await new Promise<void>((resolve) => (wake = resolve));
          waited(performance.now() - began);
          continue;
        }
        if ('error' in answer) throw reviveError(answer.error);
        for (const problem of answer.problems) if (!told.has(problem.file)) skipped?.(problem);
        for (const { file } of answer.problems) told.add(file);
        if (!('batch' in answer)) return;
        const { data, shape, labels, mixed } = answer.batch;
        yield {
          pixels: data,
          shape,
          count: labels.length,
          ...(isLabelled && { labels }),
          ...(mixed && { mixed: isLabelled ? mixed : { share: mixed.share } }),
        };
        say({ walk: id, used: data }, [data.buffer]);
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      listeners.delete(id);
      say({ walk: id, stop: true });
      if (listeners.size === 0) worker.unref();
    }
  }

  return {
    trainingBatches({ from = 0, lastBatch = 'keep', augmentation = augmentations.gentle, mixup = 0, ...asked }) {
      const order = { ...asked, from, lastBatch, augmentation, mixup };
      let waitedMs = 0;
      return {
        get waitedMs() {
          return waitedMs;
        },
        [Symbol.asyncIterator]: () => walk(order, (ms) => (waitedMs += ms)),
      };
    },
    async close() {
      const worker = thread;
      thread = undefined;
      const error = new AppError('cancelled').toReport();
      for (const [walk, listen] of listeners) listen({ walk, error });
      await worker?.terminate();
    },
  };
}
