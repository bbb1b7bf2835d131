import { join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { Guests } from '../../../src/main/engine/live/guests';
import { LiveSession } from '../../../src/main/engine/live/live-session';
import type { SideOrder } from '../../../src/main/engine/live/side-protocol';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';
import type { LiveAnswer } from '../../../src/shared/live/answer';
import { modelCardSchema } from '../../../src/shared/model-card';
import { picturePixels, temporaryFolder } from '../dataset/photographs';
import { saveSmallClassifier, side, smallCard } from '../measure/small-classifier';

const weights = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.4, 0.3, 0.2],
  [-1, 1, 0],
  [0.1, 0.1, 0.1],
];
export const card = modelCardSchema.parse({
  ...smallCard(weights.length),
  preprocess: { resize: 10, crop: side, mean: [120, 110, 100], std: [60, 61, 62] },
});

/** A small classifier on one thread of ONNX Runtime. */
export async function small(batch?: number): Promise<SideOrder> {
  const modelPath = await saveSmallClassifier(join(temporaryFolder(), 'small.onnx'), { weights, batch });
  return { modelPath, card, target: { runtime: 'ort-cpu', threads: 1 } };
}
/** A session of these that is closed with the test. */
export async function opened(
  orders: SideOrder[],
  queue = new CoreQueue(1),
  waits?: (isWaiting: boolean) => void,
): Promise<LiveSession> {
  const session = await LiveSession.open(orders, {
    workerPath: builtFile('live-worker.js'),
    guests: new Guests((signal, work, hear) => queue.beside(signal, work, hear), waits),
  });
  onTestFinished(() => session.close());
  return session;
}
export const jpegOf = (content: number): Promise<Buffer> =>
  sharp(picturePixels(content, 64, 48), { raw: { width: 64, height: 48, channels: 3 } })
    .jpeg()
    .toBuffer();

/** What an evaluation keeps of an answer: the best five and their probabilities. */
export const kept = (answer: LiveAnswer | null) => answer?.top.map((row) => [row.class, row.score]);
