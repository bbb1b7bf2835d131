import { expect, test } from 'vitest';
import { augmentations } from '@shared/augmentation';
import { exitNetwork } from '../../../src/main/engine/exits/exit-network';
import { ImageViewer, type SeenImages } from '../../../src/main/engine/exits/seen-images';
import { contextFor, images, type RecordedContext } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const network = wholeNetwork();
const { whole, places, logits } = exitNetwork(network, [0.3, 0.7], 'exits', 'net');
const [count, views, batch] = [22, 3, 4];

async function seen(context: RecordedContext): Promise<SeenImages> {
  const viewer = await ImageViewer.open(whole, places, { name: logits, classes: 10 }, batch, context);
  try {
    const { heldOut, others } = context.images('train').holdOut(6, 1);
    const { all, parts } = await viewer.varied([others, heldOut], views, augmentations.gentle, 0);
    expect(parts.map((part) => part.count)).toEqual([16 * views, 6 * views]);
    expect([...parts[0]!.scores, ...parts[1]!.scores]).toEqual([...all.scores]);
    return all;
  } finally {
    await viewer.close();
  }
}

test('an interrupted walk over images goes on from its checkpoint as if it had not been', async () => {
  const context = contextFor(wholeCard(network), images(count));
  const undisturbed = await seen(context);
  expect(undisturbed.count).toBe(count * views);
  const saved: Uint8Array[] = [];
  const checkpoint = {
    save: (bytes: Uint8Array) => Promise.resolve(void saved.push(bytes)),
    latest: () => Promise.resolve(saved.at(-1)),
  };
  for (const stop of [9, 26, 26, 45]) {
    const abort = new AbortController();
    const progress: RecordedContext['progress'] = (_stage, done) => {
      if (done >= stop) abort.abort();
    };
    await expect(seen({ ...context, checkpoint, signal: abort.signal, progress })).rejects.toMatchObject({
      code: 'cancelled',
    });
  }
  const before = saved.length;
  expect(await seen({ ...context, checkpoint })).toEqual(undisturbed);
  // What was seen is not looked at again: six batches a view, four of them left of the second, six of the third.
  expect(saved.length - before).toBeLessThan(8);
});
