import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ImageProblem, Split } from '@shared/dataset';
import { AppError, type ErrorReport } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { reviveError } from '@shared/rpc';
import { builtFile } from '../files/built-file';
import type { ImageSet } from './dataset';
import type { ImageBatch, Images } from './image-batches';
import type { Pixels, PixelType } from './normalize';

/** What the thread is started with. */
export interface ThreadOrder {
  set: ImageSet;
  card: ModelCard;
  cacheFolder: string;
  batchSize: number;
  type: PixelType;
  /** Batches it may have ready at once. */
  ahead: number;
}

export interface ThreadBatch {
  data: Pixels;
  shape: number[];
  /** Positions of the images in the set. */
  indices: number[];
  /** Images left out since the batch before. */
  problems: ImageProblem[];
}

/** To the thread: a batch's memory to use again, or to stop. */
export type ThreadMessage = 'stop' | Pixels;
type Answer = { batch: ThreadBatch } | { end: ImageProblem[] } | { error: ErrorReport };

const ahead = 3;
/** For what the thread is writing when nobody wants more. */
const graceMs = 2000;

/**
 * The images of a split like `openImages`, prepared in a thread of their own: inference blocks its thread, and everything an image
 * needs would otherwise be added to it. The data of a batch is valid until the next one is asked for.
 */
export function openImagesInThread<S extends Split>(
  set: ImageSet<S>,
  card: ModelCard,
  options: { cacheFolder: string; signal?: AbortSignal },
): Images<S> {
  const problems: ImageProblem[] = [];
  return {
    split: set.split,
    count: set.entries.length,
    problems,
    async *batches(batchSize, { type = 'float32' } = {}): AsyncGenerator<ImageBatch, void, undefined> {
      const order: ThreadOrder = { set, card, cacheFolder: options.cacheFolder, batchSize, type, ahead };
      const thread = new Worker(builtFile('image-thread.js'), { workerData: order });
      const exited = new Promise((resolve) => thread.once('exit', resolve));
      const answers: Answer[] = [];
      let wake: () => void = () => undefined;
      const take = (answer: Answer): void => {
        answers.push(answer);
        wake();
      };
      thread.on('message', take);
      thread.on('error', (error) => take({ error: new AppError('internal', { detail: error.message }).toReport() }));
      const abort = (): void => take({ error: new AppError('cancelled').toReport() });
      options.signal?.addEventListener('abort', abort, { once: true });
      try {
        for (;;) {
          if (options.signal?.aborted) throw new AppError('cancelled');
          const answer = answers.shift();
          if (!answer) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          if ('error' in answer) throw reviveError(answer.error);
          if ('end' in answer) {
            problems.push(...answer.end);
            return;
          }
          const { data, shape, indices, problems: found } = answer.batch;
          problems.push(...found);
          yield { data, shape, entries: indices.map((index) => set.entries[index]!) };
          thread.postMessage(data, [data.buffer]);
        }
      } finally {
        options.signal?.removeEventListener('abort', abort);
        thread.postMessage('stop');
        await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
        await thread.terminate();
      }
    },
  };
}
