import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Link } from './link';
import { stepStream } from './protocol';

const expiresMs = 10_000;
/**
 * In which the server says whether a line has a step. It may not: a server before 2.12 keeps a request without an answer where another one takes
 * the last step at the same moment.
 */
const answersMs = 1000;
/** For which a line that refuses is left alone at first; twice as long each time, up to 32 times. */
const restMs = 1000;

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
  /** Where the answer to what is asked for comes, of one request alone; the server forgets a request that nobody listens for. */
  inbox?: Subscription;
  /**
   * `unknown`: there may be a step; `asked`: it is being looked whether there is one; `empty`: there was none; `waiting`: the next one comes here;
   * `resting`: the server has no such line, or takes no requests.
   */
  state: 'unknown' | 'asked' | 'empty' | 'waiting' | 'resting';
  /** When its state is out of date, of `performance.now()`. */
  until: number;
  /** How often it was refused since it gave something. */
  refusals: number;
}

/**
 * Asks the lines of several classes for steps: where there are more lines than room in turn, beginning behind the one that gave a step last. Only where
 * all are empty the next step of any is waited for, and with the first that comes all else that was asked for is taken back; what crosses that on its way is given
 * back at once. A step that is given back counts as handed out, and one that is handed out too often has failed.
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
    setInterval(() => this.ask(), 500).unref();
  }

  add(classId: string): void {
    if (this.lines.has(classId)) return;
    this.lines.set(classId, { classId, state: 'unknown', until: Infinity, refusals: 0 });
    this.ask();
  }

  /** Room for so many steps from now on. */
  setRoom(room: number): void {
    this.room = room;
    const asked = [...this.lines.values()].filter(({ inbox }) => inbox);
    if (asked.length > room) for (const line of asked) this.takeBack(line, 'unknown');
    this.ask();
  }

  /** A line is there again. */
  retry(classId: string): void {
    const line = this.lines.get(classId);
    if (line?.state === 'resting') this.takeBack(line, 'unknown');
    this.ask();
  }

  private askAnew(): void {
    for (const line of this.lines.values()) this.takeBack(line, 'unknown');
    this.ask();
  }

  /** Nothing is asked of it any more. What is on its way comes still. */
  private takeBack(line: Line, state: Line['state']): void {
    void line.inbox?.drain().catch(() => undefined);
    line.inbox = undefined;
    line.state = state;
    line.until = Infinity;
  }

  /** It is the others' turn. */
  private moveBack(line: Line): void {
    this.lines.delete(line.classId);
    this.lines.set(line.classId, line);
  }

  private ask(): void {
    if (this.room <= 0 || !this.link.raw) return;
    for (const line of [...this.lines.values()].filter(({ until }) => until < performance.now())) {
      if (line.state === 'asked') this.moveBack(line);
      this.takeBack(line, line.state === 'resting' ? 'unknown' : 'empty');
    }
    const lines = [...this.lines.values()].filter(({ classId }) => this.isWanted(classId));
    const within = (...states: Line['state'][]): Line[] => lines.filter(({ state }) => states.includes(state));
    if (lines.length > this.room) {
      if (within('unknown').length > 0) for (const line of within('waiting')) this.takeBack(line, 'unknown');
      const free = this.room - within('asked').length;
      for (const line of within('unknown').slice(0, Math.max(0, free)))
        this.request(line, 'asked', { batch: 1, no_wait: true }, answersMs);
      if (within('unknown', 'asked').length > 0) return;
    }
    for (const line of within('unknown', 'empty'))
      this.request(line, 'waiting', { batch: 1, expires: expiresMs * 1e6 }, expiresMs + 500);
  }

  private request(line: Line, state: Line['state'], wanted: object, forMs: number): void {
    const connection = this.link.raw!;
    const inbox = connection.subscribe(createInbox(), {
      callback: (error, message) => void (error === null && this.heard(line, inbox, message, connection)),
    });
    line.inbox = inbox;
    line.state = state;
    line.until = performance.now() + forMs;
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stepStream}.${line.classId}`, JSON.stringify(wanted), {
      reply: inbox.getSubject(),
    });
  }

  private heard(line: Line, inbox: Subscription, message: Msg, connection: NatsConnection): void {
    const { reply, headers } = message;
    const isStep = reply?.startsWith('$JS.ACK.') === true;
    if (line.inbox === inbox) {
      line.inbox = undefined;
      line.until = Infinity;
      inbox.unsubscribe();
      if (isStep) line.state = 'unknown';
      else this.heardStatus(line, headers?.code, headers?.description);
    }
    if (!isStep) return;
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
    line.refusals = 0;
    this.moveBack(line);
    // Those that had none may have one by now: else they would be looked at only when this one has no more.
    for (const other of this.lines.values()) if (other.state === 'empty') other.state = 'unknown';
    if (!this.taken(delivery)) delivery.giveBack();
    this.ask();
  }

  /** 404, 408: nothing was there, or for so long. 503 and "consumer deleted": the line is gone. Others: the server does not want to be asked now. */
  private heardStatus(line: Line, code = 0, description = ''): void {
    const isEmpty = code === 404 || code === 408;
    line.state = isEmpty ? 'empty' : 'resting';
    if (isEmpty) line.refusals = 0;
    else line.until = performance.now() + restMs * 2 ** Math.min(5, line.refusals++);
    if (code === 503 || (code === 409 && /delet/i.test(description))) this.missing(line.classId);
    setImmediate(() => this.ask());
  }
}

/** "$JS.ACK.STREAM.LINE.COUNT.SEQUENCE....", with domain and account before the stream on newer servers. */
function placeIn(reply: string): Pick<Delivery, 'count' | 'sequence'> {
  const parts = reply.split('.');
  const [count, sequence] = parts.slice(parts.length > 9 ? 6 : 4).map(Number);
  return { count: count!, sequence: sequence! };
}
