import { Kvm } from '@nats-io/kv';
import type { Link } from './link';

/**
 * Tells every entry of a bucket, and every later change, over all reconnections. Entries may be told again.
 * @param filled called each time that all there are were told
 */
export function watchBucket(
  link: Link,
  bucket: string,
  signal: AbortSignal,
  changed: (key: string, value: Uint8Array | undefined) => void,
  filled: () => void = () => undefined,
): void {
  let stop = (): void => undefined;
  let isBegun = false;
  const begin = async (): Promise<void> => {
    stop();
    let isStopped = false;
    stop = () => (isStopped = true);
    await link.ask(async (stream) => {
      if (isStopped) return;
      const entries = await (await new Kvm(stream).open(bucket)).watch();
      const { values } = await (await new Kvm(stream).open(bucket)).status();
      if (values === 0) filled();
      stop = () => {
        isStopped = true;
        entries.stop();
      };
      void (async () => {
        for await (const { key, value, operation, delta } of entries) {
          if (isStopped) return;
          changed(key, operation === 'PUT' ? value : undefined);
          if (delta === 0) filled();
        }
      })().catch(() => undefined);
    }, signal);
  };
  const again = (): void => void begin().catch(() => undefined);
  // The server's side of a watch does not survive its restart.
  link.onRestored(() => {
    if (isBegun && !signal.aborted) again();
  });
  signal.addEventListener('abort', () => stop(), { once: true });
  isBegun = true;
  again();
}
