import { toAppError } from '@shared/errors';
import { openLiveClassifier, type LiveClassifier } from './live-classifier';
import type { FromSide, ToSide } from './side-protocol';

/** Makes this process a side of Live: it opens what it is told, then answers frame by frame. It ends with its parent. */
export function serveSide(): void {
  process.once('disconnect', () => process.exit(0));
  if (!process.connected) process.exit(1);
  let classifier: LiveClassifier | undefined;
  const answer = async (message: ToSide): Promise<FromSide> => {
    if ('frame' in message) return { answer: await classifier!.classify(message.frame) };
    const startedAt = performance.now();
    classifier = await openLiveClassifier(message.order);
    return { openMs: performance.now() - startedAt };
  };
  process.on('message', (message: ToSide) => {
    answer(message)
      .catch((thrown: unknown): FromSide => ({ error: toAppError(thrown).toReport() }))
      .then((said) => {
        if (process.connected) process.send!(said);
      })
      .catch(() => process.exit(1));
  });
}
