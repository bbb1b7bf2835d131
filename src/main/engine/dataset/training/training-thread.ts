import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '@shared/errors';
import { DecodedImages } from './decoded-images';
import type { ThreadAnswer, ThreadMessage, ThreadOrder } from './training-images';
import { walkEpoch, type WalkOrder } from './training-walk';

/** Entry of the thread that prepares training images: it keeps them decoded, and makes the batches of the epochs that are asked for. */
const { entries, card, decodedBytes, ahead } = workerData as ThreadOrder;
const port = parentPort!;
const images = new DecodedImages(entries, decodedBytes);
/** Memory of batches that were used. */
const free: Float32Array<ArrayBuffer>[] = [];

/** One epoch under way: how many batches it may still make, and who waits for more. */
interface Walk {
  credit: number;
  stopped: boolean;
  wake(): void;
}
const walks = new Map<number, Walk>();

port.on('message', (message: ThreadMessage) => {
  if ('order' in message) void begin(message.walk, message.order);
  const walk = walks.get(message.walk);
  if ('used' in message) {
    free.push(message.used);
    if (walk) walk.credit++;
  }
  if ('stop' in message && walk) walk.stopped = true;
  walk?.wake();
});

const say = (answer: ThreadAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(answer, transfer);

/** Memory of that size; of another, it belonged to batches of another size. */
function take(length: number): Float32Array<ArrayBuffer> | undefined {
  while (free.length > 0) {
    const memory = free.pop()!;
    if (memory.length === length) return memory;
  }
  return undefined;
}

async function begin(walk: number, order: WalkOrder): Promise<void> {
  const state: Walk = { credit: ahead, stopped: false, wake: () => undefined };
  walks.set(walk, state);
  try {
    for await (const batch of walkEpoch(images, card, order, take)) {
      while (state.credit === 0 && !state.stopped) await new Promise<void>((resolve) => (state.wake = resolve));
      if (state.stopped) return;
      state.credit--;
      say({ walk, batch, problems: images.problems }, [batch.data.buffer]);
    }
    say({ walk, problems: images.problems });
  } catch (thrown) {
    say({ walk, error: toAppError(thrown).toReport() });
  } finally {
    walks.delete(walk);
  }
}
