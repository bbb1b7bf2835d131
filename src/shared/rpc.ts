import type { z } from 'zod';
import type { Endpoint, InputOf, JobName, OutputOf, ParsedInputOf, RpcName, SignalName, StateOf } from './endpoints';
import { AppError, isErrorCode, toAppError, type ErrorReport } from './errors';
import type { Progress } from './run';

/** A two-way pipe of structured-cloneable messages: a child process, a message port. */
export interface Channel {
  send(message: Message): void;
  onMessage(listener: (message: Message) => void): void;
}

export type Message =
  | { type: 'call'; id: number; name: string; input: unknown }
  | { type: 'cancel'; id: number }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: ErrorReport }
  | { type: 'signal'; name: string; state: unknown };

type Contract = Record<string, Endpoint>;

export interface JobContext {
  progress(progress: Progress): void;
  signal: AbortSignal;
}

export type Handlers<C extends Contract> = {
  [K in RpcName<C>]: (input: ParsedInputOf<C[K]>) => OutputOf<C[K]> | Promise<OutputOf<C[K]>>;
} & {
  [K in JobName<C>]: (input: ParsedInputOf<C[K]>, context: JobContext) => Promise<OutputOf<C[K]>>;
};

export interface Server<C extends Contract> {
  /** Announces the state of a signal to the client. */
  emit<K extends SignalName<C>>(name: K, state: StateOf<C[K]>): void;
  /** One call, validated like any other; for servers that forward. */
  handle(name: string, input: unknown, context: JobContext): Promise<unknown>;
}

/** Parses `input` against an endpoint; `ipc.invalid` names the first thing that is wrong. */
export function parseInput(contract: Contract, name: string, input: unknown): unknown {
  const endpoint = Object.hasOwn(contract, name) ? contract[name] : undefined;
  if (!endpoint || endpoint.kind === 'signal')
    throw new AppError('ipc.invalid', { endpoint: name, detail: 'no such endpoint' });
  return checked(endpoint.input, name, input);
}

/** What another process answered, checked by the endpoint's own schema. @throws `ipc.invalid` that names the first thing that is wrong */
export function parseOutput(contract: Contract, name: string, output: unknown): unknown {
  const endpoint = Object.hasOwn(contract, name) ? contract[name] : undefined;
  if (!endpoint || endpoint.kind === 'signal')
    throw new AppError('ipc.invalid', { endpoint: name, detail: 'no such endpoint' });
  return checked(endpoint.output, name, output, 'the answer is not what was agreed');
}

/** The state of a signal, checked likewise; undefined when it is not one of the contract or not what was agreed. */
export function parseState(contract: Contract, name: string, state: unknown): unknown {
  const endpoint = Object.hasOwn(contract, name) ? contract[name] : undefined;
  return endpoint?.kind === 'signal' ? endpoint.state.safeParse(state).data : undefined;
}

function checked(schema: z.ZodType, endpoint: string, value: unknown, what?: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const where = path.length > 0 ? `"${path.join('.')}": ${message}` : message;
  throw new AppError('ipc.invalid', { endpoint, detail: what ? `${what} (${where})` : where });
}

/** Serves a contract on a channel. Throws at once when an endpoint has no handler: a gap never waits for a user to find it. */
export function serve<C extends Contract>(contract: C, handlers: Handlers<C>, channel: Channel): Server<C> {
  const table = handlers as Record<string, (input: unknown, context: JobContext) => unknown>;
  const missing = Object.keys(contract).filter((name) => contract[name]!.kind !== 'signal' && !table[name]);
  if (missing.length > 0) throw new Error(`No handler for ${missing.join(', ')}`);

  const running = new Map<number, AbortController>();
  const handle = async (name: string, input: unknown, context: JobContext): Promise<unknown> =>
    table[name]!(parseInput(contract, name, input), context);

  channel.onMessage((message) => {
    if (message.type === 'cancel') running.get(message.id)?.abort();
    if (message.type !== 'call') return;
    const { id, name, input } = message;
    const abort = new AbortController();
    running.set(id, abort);
    handle(name, input, {
      signal: abort.signal,
      progress: (progress) => channel.send({ type: 'progress', id, progress }),
    })
      .then((value) => channel.send({ type: 'result', id, value }))
      .catch((thrown: unknown) => channel.send({ type: 'error', id, error: toAppError(thrown).toReport() }))
      .finally(() => running.delete(id));
  });
  return {
    handle,
    emit: (name, state) => channel.send({ type: 'signal', name, state }),
  };
}

export interface Client<C extends Contract> {
  call<K extends RpcName<C>>(name: K, input: InputOf<C[K]>): Promise<OutputOf<C[K]>>;
  runJob<K extends JobName<C>>(
    name: K,
    input: InputOf<C[K]>,
    options?: { onProgress?: (progress: Progress) => void; signal?: AbortSignal },
  ): Promise<OutputOf<C[K]>>;
  /** Untyped entry for forwarders, whose caller was validated already. The answer is parsed. */
  request(
    name: string,
    input: unknown,
    options?: { onProgress?: (progress: Progress) => void; signal?: AbortSignal },
  ): Promise<unknown>;
  onSignal(listener: (name: string, state: unknown) => void): void;
  /** Fails everything under way: the other side is gone. */
  close(error: AppError): void;
}

/** The calling side. Answers are parsed by the contract before anyone sees them; states of signals likewise, unless the contract does not know them. */
export function connect<C extends Contract>(contract: C, channel: Channel): Client<C> {
  let nextId = 1;
  let closed: AppError | undefined;
  const waiting = new Map<
    number,
    {
      name: string;
      resolve(value: unknown): void;
      reject(error: AppError): void;
      onProgress?: (progress: Progress) => void;
    }
  >();
  const signalListeners: ((name: string, state: unknown) => void)[] = [];

  channel.onMessage((message) => {
    if (message.type === 'signal') {
      for (const listener of signalListeners) listener(message.name, message.state);
      return;
    }
    if (message.type === 'call' || message.type === 'cancel') return;
    const call = waiting.get(message.id);
    if (!call) return;
    if (message.type === 'progress') {
      call.onProgress?.(message.progress);
      return;
    }
    waiting.delete(message.id);
    if (message.type === 'error') call.reject(reviveError(message.error));
    else settle(call, message.value);
  });

  const settle = (
    call: { name: string; resolve(value: unknown): void; reject(error: AppError): void },
    value: unknown,
  ): void => {
    try {
      call.resolve(parseOutput(contract, call.name, value));
    } catch (thrown) {
      call.reject(toAppError(thrown));
    }
  };

  const request: Client<C>['request'] = (name, input, options = {}) =>
    new Promise((resolve, reject) => {
      if (closed) return reject(closed);
      const id = nextId++;
      const { signal, onProgress } = options;
      const cancel = (): void => channel.send({ type: 'cancel', id });
      const settled = (): void => signal?.removeEventListener('abort', cancel);
      waiting.set(id, {
        name,
        resolve: (value) => (settled(), resolve(value)),
        reject: (error) => (settled(), reject(error)),
        onProgress,
      });
      channel.send({ type: 'call', id, name, input });
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });

  return {
    request,
    call: (name, input) => request(name, input) as never,
    runJob: (name, input, options) => request(name, input, options) as never,
    onSignal: (listener) => signalListeners.push(listener),
    close(error) {
      closed = error;
      for (const call of waiting.values()) call.reject(error);
      waiting.clear();
    },
  };
}

/** An error report from another process; an unknown code (an older or newer peer) stays readable. */
export function reviveError(report: { code: string; facts: ErrorReport['facts'] }): AppError {
  return isErrorCode(report.code)
    ? new AppError(report.code, report.facts)
    : new AppError('internal', { detail: report.code });
}
