import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Link } from './link';
import { stepStream } from './protocol';

const expiresMs = 10_000;
/** In which the server says whether a line has a step. */
const answersMs = 3000;

/** A step that was handed out, to be acknowledged. */
export interface Delivery {
  classId: string;
  subject: string;
  data: Uint8Array;
  /** Of its message in the stream. */
  sequence: number;
  /** How often it was handed out, this time counted. */
  count: number;
  acknowledge(): Promise<void>;
  /** Somebody else is to have it. */
  giveBack(delayMs?: number): void;
  /** It is under way. */
  working(): void;
}

/** How a line was asked last. */
interface Line {
  classId: string;
  /** Where its steps come; undefined: nothing is asked for, or what was is taken back. */
  inbox?: Subscription;
  /**
   * `unknown`: there may be a step; `asked`: it is being looked whether there is one; `empty`: there was none; `waiting`: the next one comes here;
   * `gone`: the server has no such line.
   */
  state: 'unknown' | 'asked' | 'empty' | 'waiting' | 'gone';
  /** When its state is out of date. */
  until: number;
}

/**
 * Asks the lines of several classes for steps, never for more than there is room for: a step that is given back counts as handed out, and one that
 * is handed out too often has failed. So where there are more lines than room they are looked at in turn, beginning behind the one that gave a step last; where all
 * are empty the next step of any is waited for, and with the first that comes all else that was asked for is taken back. What crosses that on its way is given back at once.
 * What was asked for is asked for again when it expires and when the server was away.
 */
export class Pulls {
  private readonly lines = new Map<string, Line>();
  private room = 0;

  constructor(
    private readonly link: Link,
    private readonly isWanted: (classId: string) => boolean,
    private readonly taken: (delivery: Delivery) => boolean,
    private readonly missing: (classId: string) => void,
  ) {
    link.onRestored(() => this.askAnew());
    setInterval(() => this.ask(), 1000).unref();
  }

  add(classId: string): void {
    if (this.lines.has(classId)) return;
    this.lines.set(classId, { classId, state: 'unknown', until: Infinity });
    this.ask();
  }

  /** Room for so many steps from now on. */
  setRoom(room: number): void {
    this.room = room;
    const asked = [...this.lines.values()].filter(({ state }) => state === 'asked' || state === 'waiting');
    if (asked.length > room) this.takeBack();
    this.ask();
  }

  /** A line is there again. */
  retry(classId: string): void {
    const line = this.lines.get(classId);
    if (line) line.state = 'unknown';
    this.ask();
  }

  private askAnew(): void {
    for (const line of this.lines.values()) line.state = 'unknown';
    this.ask();
  }

  /** Nothing is asked for any more. What is on its way comes still. */
  private takeBack(): void {
    for (const line of this.lines.values()) {
      if (line.state === 'gone') continue;
      // The server forgets what was asked for by whom nobody hears any more.
      if (line.state === 'asked' || line.state === 'waiting') {
        void line.inbox?.drain().catch(() => undefined);
        line.inbox = undefined;
      }
      line.state = 'unknown';
    }
  }

  private ask(): void {
    if (this.room <= 0 || !this.link.raw) return;
    const lines = [...this.lines.values()].filter(({ classId }) => this.isWanted(classId));
    for (const line of lines) if (line.until < Date.now()) line.state = 'unknown';
    if (lines.length > this.room) {
      let free = this.room - lines.filter(({ state }) => state === 'asked').length;
      for (const line of lines) {
        if (line.state !== 'unknown' || free-- <= 0) continue;
        this.request(line, 'asked', { batch: 1, no_wait: true }, answersMs);
      }
      if (lines.some(({ state }) => state === 'unknown' || state === 'asked')) return;
    }
    for (const line of lines)
      if (line.state === 'unknown' || line.state === 'empty')
        this.request(line, 'waiting', { batch: 1, expires: expiresMs * 1e6 }, expiresMs + 500);
  }

  private request(line: Line, state: Line['state'], wanted: object, forMs: number): void {
    const connection = this.link.raw!;
    line.inbox ??= this.inboxOf(line, connection);
    line.state = state;
    line.until = Date.now() + forMs;
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stepStream}.${line.classId}`, JSON.stringify(wanted), {
      reply: line.inbox.getSubject(),
    });
  }

  private inboxOf(line: Line, connection: NatsConnection): Subscription {
    const inbox = connection.subscribe(createInbox(), {
      callback: (error, message) => void (error === null && this.heard(line, inbox, message, connection)),
    });
    return inbox;
  }

  private heard(line: Line, inbox: Subscription, message: Msg, connection: NatsConnection): void {
    const isAsked = line.inbox === inbox;
    const { reply, headers } = message;
    if (!reply?.startsWith('$JS.ACK.')) {
      if (!isAsked) return;
      // 404, 408: nothing was there, or for so long. 503 and "consumer deleted": the line is gone.
      if (headers?.code === 503 || (headers?.code === 409 && /delet/i.test(headers.description))) {
        line.state = 'gone';
        line.until = Date.now() + 1000;
        this.missing(line.classId);
      } else line.state = 'empty';
      setImmediate(() => this.ask());
      return;
    }
    const delivery: Delivery = {
      classId: line.classId,
      subject: message.subject,
      data: message.data,
      ...placeIn(reply),
      acknowledge: async () => {
        await connection.request(reply, '+ACK', { timeout: 2000 }).catch(() => this.link.raw?.publish(reply, '+ACK'));
      },
      giveBack: (delayMs) =>
        this.link.raw?.publish(reply, delayMs === undefined ? '-NAK' : `-NAK {"delay": ${delayMs * 1e6}}`),
      working: () => this.link.raw?.publish(reply, '+WPI'),
    };
    if (isAsked) line.state = 'unknown';
    // It is the others' turn.
    this.lines.delete(line.classId);
    this.lines.set(line.classId, line);
    if (!this.taken(delivery)) delivery.giveBack();
    this.ask();
  }
}

/** "$JS.ACK.STREAM.LINE.COUNT.SEQUENCE....", with domain and account before the stream on newer servers. */
function placeIn(reply: string): Pick<Delivery, 'count' | 'sequence'> {
  const parts = reply.split('.');
  const [count, sequence] = parts.slice(parts.length > 9 ? 6 : 4).map(Number);
  return { count: count!, sequence: sequence! };
}
