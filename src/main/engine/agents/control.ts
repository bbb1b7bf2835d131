import { randomBytes } from 'node:crypto';
import type { Link } from './link';
import {
  agentControlSchema,
  agentControlSubject,
  controlValidMs,
  stepControlSchema,
  stepControlSubject,
  type AgentControl,
  type StepControl,
} from './protocol';
import type { Seal } from './seal';

/** What coordinators tell agents at once. Each step and each agent has a subject of its own: nobody hears what is for others. */
export class ControlLine {
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly link: Link,
    private readonly seal: Seal,
  ) {}

  /** To whoever has a step under way. */
  sayOfStep(control: StepControl): void {
    const subject = stepControlSubject(control.key);
    this.link.say(subject, this.seal.close(subject, control));
  }

  sayToAgent(agent: string, control: AgentControl): void {
    const subject = agentControlSubject(agent);
    const message = { ...control, at: Date.now(), nonce: randomBytes(16).toString('hex') };
    this.link.say(subject, this.seal.close(subject, message));
  }

  /** Until what it answers is called. @param key `*`: of every step */
  hearOfStep(key: string, obey: (control: StepControl) => void): () => void {
    return this.link.subscribe(stepControlSubject(key), ({ subject, data }) => {
      try {
        const control = this.seal.open(subject, data, stepControlSchema);
        if (subject === stepControlSubject(control.key)) obey(control);
      } catch {
        // Not from a machine of ours.
      }
    });
  }

  /**
   * What is old, or was heard already, is not obeyed: others may have recorded it.
   * @param stale told how old a message is, milliseconds, that was not obeyed
   */
  hearAsAgent(agent: string, obey: (control: AgentControl) => void, stale: (ageMs: number) => void): void {
    this.link.subscribe(agentControlSubject(agent), ({ subject, data }) => {
      const now = Date.now();
      try {
        const message = this.seal.open(subject, data, agentControlSchema);
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
