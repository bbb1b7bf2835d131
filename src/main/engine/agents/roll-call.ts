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
    this.call(now);
  }

  /** For an agent that did not hear it; others may pretend that there are many. */
  repeat(now = Date.now()): void {
    if (now - this.saidAt >= repeatedAfterMs) this.call(now);
  }

  private call(now: number): void {
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
const answeredEveryMs = 1000;
/** In each word of each agent. */
const mostAnswers = 64;
/** More are not remembered; those that called once go first. */
const mostCoordinators = 1024;

interface Heard {
  number: number;
  /** When it rose last. */
  heardAt: number;
  /** It called again, with a higher number: one word that somebody recorded and sends again does not. */
  isSteady: boolean;
}

/** The last call of each coordinator that an agent heard, those that were heard first first. */
export class HeardCalls {
  private readonly last = new Map<string, Heard>();
  private answeredAt = -Infinity;
  private isAnswering = false;

  /** @param answer called where a coordinator does not know, or not any more, that this agent is there; once a second at most */
  constructor(
    link: Link,
    seal: Seal,
    private readonly answer: () => void,
  ) {
    link.subscribe(callSubject, ({ data }) => {
      try {
        this.heard(seal.open(callSubject, data, callSchema));
      } catch {
        // Not from a machine of ours.
      }
    });
  }

  /** Of those that call steadily before others, and within these of those that were there first: whoever replays calls comes last. */
  get answers(): Answers {
    const now = Date.now();
    for (const [coordinator, { heardAt }] of this.last)
      if (now - heardAt > forgottenAfterMs) this.last.delete(coordinator);
    const all = [...this.last].sort(([, one], [, other]) => Number(other.isSteady) - Number(one.isSteady));
    return Object.fromEntries(all.slice(0, mostAnswers).map(([coordinator, { number }]) => [coordinator, number]));
  }

  private heard({ coordinator, number }: Call): void {
    const before = this.last.get(coordinator)?.number;
    // Repeated for others, or sent again by somebody who recorded it.
    if (before !== undefined && number <= before) return;
    this.last.set(coordinator, { number, heardAt: Date.now(), isSteady: before !== undefined });
    if (this.last.size > mostCoordinators) this.forgetOne();
    if (before === undefined || number > before + 1) this.answerSoon();
  }

  private forgetOne(): void {
    for (const [coordinator, { isSteady }] of this.last) if (!isSteady) return void this.last.delete(coordinator);
  }

  private answerSoon(): void {
    if (this.isAnswering) return;
    this.isAnswering = true;
    const waitMs = Math.max(0, this.answeredAt + answeredEveryMs - Date.now());
    setTimeout(() => {
      this.isAnswering = false;
      this.answeredAt = Date.now();
      this.answer();
    }, waitMs).unref();
  }
}
