import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Link } from './link';
import { stepStream } from './protocol';

const expiresMs = 10_000;

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

/**
 * Asks the lines of several classes for steps at once, as long as there is room for one; what comes when there is none any more is given back at
 * once. What was asked for is asked for again when it expires and when the server was away.
 */
export class Pulls {
  private readonly lines = new Map<string, { inbox: Subscription; askedAt: number; asked: number }>();
  private room = 0;
  private connection: NatsConnection | undefined;

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
    const connection = this.link.raw;
    if (!connection) return void this.link.connected(new AbortController().signal).then(() => this.add(classId));
    this.connection = connection;
    const inbox = connection.subscribe(createInbox(), {
      callback: (error, message) => void (error === null && this.heard(classId, message)),
    });
    this.lines.set(classId, { inbox, askedAt: 0, asked: 0 });
    this.ask();
  }

  /** Room for so many steps from now on. */
  setRoom(room: number): void {
    this.room = room;
    this.ask();
  }

  /** A line is there again. */
  retry(classId: string): void {
    const line = this.lines.get(classId);
    if (line) line.asked = 0;
    this.ask();
  }

  private askAnew(): void {
    for (const line of this.lines.values()) line.asked = 0;
    this.ask();
  }

  private ask(): void {
    if (this.room <= 0 || !this.link.raw) return;
    for (const [classId, line] of this.lines) {
      if (!this.isWanted(classId)) continue;
      const isExpired = Date.now() - line.askedAt > expiresMs + 500;
      if (line.asked > 0 && !isExpired) continue;
      line.asked = 1;
      line.askedAt = Date.now();
      const wanted = JSON.stringify({ batch: 1, expires: expiresMs * 1e6 });
      this.connection?.publish(`$JS.API.CONSUMER.MSG.NEXT.${stepStream}.${classId}`, wanted, {
        reply: line.inbox.getSubject(),
      });
    }
  }

  private heard(classId: string, message: Msg): void {
    const line = this.lines.get(classId);
    const { connection } = this;
    if (!line || !connection) return;
    line.asked = 0;
    const { reply, headers } = message;
    if (!reply?.startsWith('$JS.ACK.')) {
      // 404, 408: nothing was there for so long. 503 and "consumer deleted": the line is gone.
      if (headers?.code === 503 || (headers?.code === 409 && /delet/i.test(headers.description))) {
        line.asked = 1;
        line.askedAt = Date.now() - expiresMs + 1000;
        this.missing(classId);
      } else setImmediate(() => this.ask());
      return;
    }
    const delivery: Delivery = {
      classId,
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
