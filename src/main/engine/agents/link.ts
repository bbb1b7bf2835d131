import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { connect, credsAuthenticator, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { AppError } from '@shared/errors';
import { shownServer } from '@shared/server-address';
import { patiently, whileNone } from './patience';

export type LinkState = 'connecting' | 'connected' | 'lost';

export interface LinkOptions {
  server: string;
  /** As the server's list of connections shows it. */
  name: string;
  /** File of the authority that signed the server's certificate; absent: those of the system. */
  tlsCa?: string;
  /** File of NATS credentials. */
  credentials?: string;
  /** @param problem without the address; of one that is connected, what it lacks */
  changed(state: LinkState, problem?: string): void;
}

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** The connection to the server. It is tried again for ever, and everything that is asked of the server waits for it. */
export class Link {
  state: LinkState = 'connecting';
  private connection: NatsConnection | undefined;
  /** Of the connection: made once, since a step asks many things. */
  private streams: { stream: JetStreamClient; manager: JetStreamManager } | undefined;
  /** Id of the server that was said to have no JetStream. */
  private lacking: string | undefined;
  private readonly ending = new AbortController();
  private readonly waiting = new Set<() => void>();
  private readonly restored = new Set<() => void>();
  private readonly subscribed = new Set<Subscribed>();
  private readonly missing = new Set<() => Promise<void>>();

  constructor(private readonly options: LinkOptions) {
    // Everything that is asked at once listens.
    setMaxListeners(0, this.ending.signal);
  }

  /** Begins to connect. Throws `agents.server` where trying again is of no use. */
  async open(): Promise<void> {
    const { server, tlsCa, credentials } = this.options;
    const secure = server.startsWith('tls://') || tlsCa !== undefined;
    const read = async (path: string): Promise<string> =>
      readFile(path, 'utf8').catch((cause: unknown) => {
        throw new AppError(
          'agents.server',
          { server: shownServer(server), detail: `${path} cannot be read` },
          { cause },
        );
      });
    const authority = tlsCa === undefined ? undefined : await read(tlsCa);
    const creds = credentials === undefined ? undefined : await read(credentials);
    void this.connect({
      servers: shownServer(server),
      ...identityIn(server),
      name: this.options.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: firstPauseMs,
      reconnectJitter: 500,
      pingInterval: 5000,
      maxPingOut: 2,
      timeout: 5000,
      ignoreAuthErrorAbort: true,
      ignoreClusterUpdates: true,
      ...(secure && { tls: { ...named(server), ...(authority !== undefined && { ca: authority }) } }),
      ...(creds !== undefined && { authenticator: credsAuthenticator(Buffer.from(creds)) }),
    });
  }

  /** Tells whenever the server is there again. */
  onRestored(listener: () => void): void {
    this.restored.add(listener);
  }

  /** Makes what was found missing on the server, a stream say. */
  onMissing(make: () => Promise<void>): void {
    this.missing.add(make);
  }

  /** Hears what is published under a subject, from now on and over all reconnections, until what it answers is called. */
  subscribe(subject: string, heard: (message: Msg) => void): () => void {
    const one: Subscribed = { subject, heard };
    this.subscribed.add(one);
    if (this.connection) hear(this.connection, one);
    return () => {
      this.subscribed.delete(one);
      one.subscription?.unsubscribe();
    };
  }

  /** Says something that may be lost. */
  say(subject: string, bytes: Uint8Array): void {
    if (this.state === 'connected') this.connection?.publish(subject, bytes);
  }

  /** Undefined while the server is away. */
  get raw(): NatsConnection | undefined {
    return this.state === 'connected' ? this.connection : undefined;
  }

  /** Does something on the server, however long it must be waited for. Throws what is final, and `cancelled`. */
  ask<T>(act: (stream: JetStreamClient, manager: JetStreamManager) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return whileNone([signal, this.ending.signal], (both) =>
      patiently(
        async () => {
          const connection = await this.connected(both);
          this.streams ??= {
            stream: jetstream(connection, { timeout: 5000 }),
            manager: await jetstreamManager(connection, { checkAPI: false, timeout: 5000 }),
          };
          try {
            return await act(this.streams.stream, this.streams.manager);
          } catch (thrown) {
            if (isMissing(thrown)) for (const make of this.missing) await make();
            if ((thrown as Error).name === 'JetStreamNotEnabled') this.lacksStreams(connection);
            throw thrown;
          }
        },
        both,
        isFinal,
      ),
    );
  }

  /** Throws `cancelled`. */
  async connected(signal: AbortSignal): Promise<NatsConnection> {
    while (!this.raw) {
      if (signal.aborted) throw new AppError('cancelled');
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    return this.raw;
  }

  /** Whether the server is there, now or within a time. */
  async isThere(withinMs: number): Promise<boolean> {
    return this.connected(AbortSignal.timeout(withinMs)).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.ending.abort();
    // What was said last is to arrive; a server that is away is not waited for.
    const moment = (): Promise<void> => sleep(1000, undefined, { ref: false });
    await Promise.race([this.raw?.flush().catch(() => undefined), moment()]);
    const { connection } = this;
    // Timers of jobs that do not end say nothing more.
    this.connection = undefined;
    await Promise.race([connection?.close().catch(() => undefined), moment()]);
  }

  private async connect(options: Parameters<typeof connect>[0]): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.ending.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        const connection = await connect(options);
        if (this.ending.signal.aborted) return void connection.close();
        this.connection = connection;
        for (const one of this.subscribed) hear(connection, one);
        void this.watch(connection);
        this.become('connected');
        return;
      } catch (thrown) {
        this.options.changed('connecting', reason(thrown));
      }
      await sleep(pauseMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
  }

  /** One that restarts says that it has them before they are there. */
  private lacksStreams(connection: NatsConnection): void {
    if (connection.info?.jetstream || this.lacking === connection.info?.server_id) return;
    this.lacking = connection.info?.server_id;
    this.options.changed(this.state, 'has no JetStream: start it with "nats-server -js"');
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') this.become('lost');
      else if (status.type === 'reconnect') this.become('connected');
    }
  }

  private become(state: LinkState): void {
    if (this.state === state || this.ending.signal.aborted) return;
    this.state = state;
    this.options.changed(state);
    if (state !== 'connected') return;
    for (const wake of this.waiting) wake();
    for (const listener of this.restored) listener();
  }
}

/** Name and password, or token, that stand before the host: the client does not read them there. Throws `agents.server`. */
function identityIn(server: string): { user: string; pass: string } | { token: string } | undefined {
  try {
    const { username, password } = new URL(server.replace(/^\w+:/, 'https:'));
    const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
    if (user === '') return undefined;
    return pass === '' ? { token: user } : { user, pass };
  } catch (cause) {
    throw new AppError('agents.server', { server: shownServer(server) }, { cause });
  }
}

/** The name that a certificate must be for; the client says none where the server is named by its address. */
function named(server: string): object {
  const { hostname } = new URL(server.replace(/^\w+:/, 'https:'));
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) ? { host } : {};
}

interface Subscribed {
  subject: string;
  heard(message: Msg): void;
  subscription?: Subscription;
}

function hear(connection: NatsConnection, one: Subscribed): void {
  one.subscription = connection.subscribe(one.subject, {
    callback: (error, message) => void (error === null && one.heard(message)),
  });
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof JetStreamApiError &&
  (thrown.code === JetStreamApiCodes.StreamNotFound || thrown.code === JetStreamApiCodes.ConsumerNotFound);

/** What the server answers for good. */
function isFinal(thrown: unknown): boolean {
  if (thrown instanceof SyntaxError || thrown instanceof TypeError) return true;
  if (!(thrown instanceof JetStreamApiError) || isMissing(thrown)) return false;
  return thrown.status < 500 || thrown.code === subjectTaken;
}

/** There is a message of that subject already. */
const subjectTaken = 10077;
export const isSubjectTaken = (thrown: unknown): boolean =>
  thrown instanceof JetStreamApiError && thrown.code === subjectTaken;
/** There is no message of that number: sequence not found, message delete failed. */
const messageGone: readonly number[] = [10043, 10057];
export const isMessageGone = (thrown: unknown): boolean =>
  thrown instanceof JetStreamApiError && messageGone.includes(thrown.code);
export const isOvertaken = (thrown: unknown): boolean =>
  thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.StreamWrongLastSequence;

function reason(thrown: unknown): string {
  const { cause, message } = thrown as Error;
  return (cause instanceof Error ? cause.message : message) || String(thrown);
}
