import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '@shared/errors';
import { openImages } from './image-batches';
import type { Pixels } from './normalize';
import type { ThreadBatch, ThreadMessage, ThreadOrder } from './threaded-images';

/** Entry of the thread that prepares batches: reads, decodes, normalises, and waits when enough are ready. */
const { set, card, cacheFolder, batchSize, type, ahead } = workerData as ThreadOrder;
const port = parentPort!;
const free: Pixels[] = [];
let credit = ahead;
const ending = new AbortController();
let wake: () => void = () => undefined;

port.on('message', (message: ThreadMessage) => {
  if (message === 'stop') ending.abort();
  else {
    credit++;
    free.push(message);
  }
  wake();
});

async function walk(): Promise<void> {
  const { signal } = ending;
  const images = await openImages(set, card, { cacheFolder, signal });
  const indexOf = new Map(set.entries.map((entry, index) => [entry, index]));
  let reported = 0;
  for await (const { data, shape, entries } of images.batches(batchSize, { take: () => free.pop(), type })) {
    while (credit === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    if (signal.aborted) return;
    credit--;
    const batch: ThreadBatch = {
      data,
      shape,
      indices: entries.map((entry) => indexOf.get(entry)!),
      problems: images.problems.slice(reported),
    };
    reported = images.problems.length;
    port.postMessage({ batch }, [data.buffer]);
  }
  port.postMessage({ end: images.problems.slice(reported) });
}

walk()
  .catch((thrown: unknown) => port.postMessage({ error: toAppError(thrown).toReport() }))
  .finally(() => port.close());
