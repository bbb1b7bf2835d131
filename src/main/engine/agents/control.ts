import { randomBytes } from 'node:crypto';
import type { Link } from './link';
import { controlSchema, controlSubject, controlValidMs, type Control } from './protocol';
import type { Seal } from './seal';

/** What coordinators tell agents at once. What is old, or was heard already, is not obeyed: others may have recorded it. */
export class ControlLine {
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly link: Link,
    private readonly seal: Seal,
  ) {}

  say(control: Control): void {
    const message = { ...control, at: Date.now(), nonce: randomBytes(16).toString('hex') };
    this.link.say(controlSubject, this.seal.close(controlSubject, message));
  }

  /** @param stale told how old a message is, milliseconds, that was not obeyed */
  hear(obey: (control: Control) => void, stale: (ageMs: number) => void = () => undefined): void {
    this.link.subscribe(controlSubject, ({ data }) => {
      const now = Date.now();
      try {
        const message = this.seal.open(controlSubject, data, controlSchema);
        for (const [nonce, at] of this.seen) if (now - at > 2 * controlValidMs) this.seen.delete(nonce);
        if (this.seen.has(message.nonce)) return;
        if (Math.abs(now - message.at) > controlValidMs) return stale(now - message.at);
        this.seen.set(message.nonce, now);
        obey(message);
      } catch {
        // Not from a machine of ours.
      }
    });
  }
}
