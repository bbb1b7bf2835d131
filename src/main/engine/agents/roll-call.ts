import { randomBytes } from 'node:crypto';
import type { Link } from './link';
import { callSchema, callSubject, type Answers, type Call } from './protocol';
import type { Seal } from './seal';

/** Calls that may be answered: an agent that is slow, or did not hear one, answers the one before. */
const validCalls = 3;
const repeatedAfterMs = 1000;

/**
 * Asks agents whether they are there. What answers a call was said after it: what somebody recorded before, however much of it, answers none of
 * this process, or one of long ago. No clock of another machine is believed.
 */
export class RollCall {
  private readonly coordinator = randomBytes(16).toString('hex');
  private number = 0;
  private saidAt = -Infinity;

  constructor(private readonly say: (call: Call) => void) {}

  next(now = Date.now()): void {
    this.number++;
    this.saidAt = now;
    this.say({ coordinator: this.coordinator, number: this.number });
  }

  /** For an agent that did not hear it; others may pretend that there are many. */
  repeat(now = Date.now()): void {
    if (now - this.saidAt < repeatedAfterMs) return;
    this.saidAt = now;
    this.say({ coordinator: this.coordinator, number: this.number });
  }

  /** Which call was answered; undefined: none of ours, or one of long ago. */
  answered(answers: Answers = {}): number | undefined {
    const number = answers[this.coordinator];
    return number !== undefined && number > this.number - validCalls && number <= this.number ? number : undefined;
  }
}

const forgottenAfterMs = 30_000;
const mostCoordinators = 32;

/** The last call of each coordinator that an agent heard. */
export class HeardCalls {
  private readonly last = new Map<string, { number: number; heardAt: number }>();

  /** @param answer called where a coordinator does not know, or not any more, that this agent is there */
  constructor(link: Link, seal: Seal, answer: () => void) {
    link.subscribe(callSubject, ({ data }) => {
      try {
        if (this.heard(seal.open(callSubject, data, callSchema))) answer();
      } catch {
        // Not from a machine of ours.
      }
    });
  }

  get answers(): Answers {
    const now = Date.now();
    for (const [coordinator, { heardAt }] of this.last)
      if (now - heardAt > forgottenAfterMs) this.last.delete(coordinator);
    return Object.fromEntries([...this.last].map(([coordinator, { number }]) => [coordinator, number]));
  }

  private heard({ coordinator, number }: Call): boolean {
    const before = this.last.get(coordinator)?.number;
    // Sent again by somebody who recorded it.
    if (before !== undefined && number < before) return false;
    this.last.delete(coordinator);
    this.last.set(coordinator, { number, heardAt: Date.now() });
    const [oldest] = this.last.keys();
    if (this.last.size > mostCoordinators) this.last.delete(oldest!);
    return before === undefined || number > before + 1;
  }
}
