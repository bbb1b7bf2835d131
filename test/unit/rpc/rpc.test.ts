import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { progressSchema } from '@shared/run';
import { AppError } from '@shared/errors';
import {
  connect,
  parseInput,
  parseOutput,
  parseState,
  reviveError,
  serve,
  type Channel,
  type Handlers,
  type Message,
} from '@shared/rpc';

const contract = {
  double: { kind: 'rpc' as const, input: z.strictObject({ value: z.number().default(1) }), output: z.number() },
  fail: { kind: 'rpc' as const, input: z.string(), output: z.void() },
  count: { kind: 'job' as const, input: z.number(), progress: progressSchema, output: z.string() },
  lie: { kind: 'rpc' as const, input: z.void(), output: z.strictObject({ name: z.string() }) },
  weather: { kind: 'signal' as const, state: z.string() },
};
type Contract = typeof contract;

/** Two ends of one pipe; messages are cloned and delivered later, as between processes. */
function pipe(): { server: Channel; client: Channel; sent: Message[] } {
  const listeners: Record<'server' | 'client', ((message: Message) => void)[]> = { server: [], client: [] };
  const sent: Message[] = [];
  const end = (own: 'server' | 'client', other: 'server' | 'client'): Channel => ({
    send(message) {
      const copy = structuredClone(message);
      sent.push(copy);
      queueMicrotask(() => listeners[other].forEach((listener) => listener(copy)));
    },
    onMessage: (listener) => void listeners[own].push(listener),
  });
  return { server: end('server', 'client'), client: end('client', 'server'), sent };
}

const handlers: Handlers<Contract> = {
  double: ({ value }) => value * 2,
  fail: (what) => {
    if (what === 'app') throw new AppError('run.not-found', { run: 'r1', path: '/somewhere' });
    if (what === 'unclonable') return (() => undefined) as never;
    throw new Error(`broken ${what}\nsecond line`);
  },
  lie: () => ({ name: 7 }) as never,
  count: (total, { progress, signal }) =>
    new Promise((resolve, reject) => {
      let done = 0;
      const next = (): void => {
        if (signal.aborted) return reject(new AppError('cancelled'));
        if (done === total) return resolve(`counted ${total}`);
        progress({ stage: 'counting', done: ++done, total, elapsedMs: done });
        setImmediate(next);
      };
      next();
    }),
};

function started() {
  const ends = pipe();
  const server = serve(contract, handlers, ends.server);
  return { ...ends, server, client: connect(contract, ends.client) };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe('serve', () => {
  it('does not start without a handler for every endpoint that takes calls', () => {
    const { double: _double, ...rest } = handlers;
    expect(() => serve(contract, rest as Handlers<Contract>, pipe().server)).toThrow('No handler for double');
    expect(() => serve(contract, {} as Handlers<Contract>, pipe().server)).toThrow('double, fail, count, lie');
  });

  it('answers with the parsed input, defaults filled in', async () => {
    const { client } = started();
    expect(await client.call('double', { value: 21 })).toBe(42);
    expect(await client.call('double', {})).toBe(2);
  });

  it.each([
    ['double', { value: 'x' }, /double.*"value".*number/],
    ['double', { value: 1, extra: 2 }, /extra/],
    ['nothing', {}, /no such endpoint/],
    ['weather', {}, /no such endpoint/],
    ['__proto__', {}, /no such endpoint/],
    ['toString', {}, /no such endpoint/],
  ])('refuses %s with %j', async (name, input, message) => {
    const { client } = started();
    const error = await client.request(name, input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('ipc.invalid');
    expect((error as AppError).message).toMatch(message);
    expect((error as AppError).message).not.toMatch(/[\n✖]/);
  });

  it('carries errors over the wire as code and facts', async () => {
    const { client, sent } = started();
    const error = await client.call('fail', 'app').catch((thrown: unknown) => thrown as AppError);
    expect(error).toMatchObject({ code: 'run.not-found', facts: { run: 'r1', path: '/somewhere' } });
    expect(error).toHaveProperty('message', new AppError('run.not-found', { run: 'r1', path: '/somewhere' }).message);
    expect(sent.at(-1)).toEqual({
      type: 'error',
      id: 1,
      error: { code: 'run.not-found', facts: { run: 'r1', path: '/somewhere' } },
    });
  });

  it('tells the first line of a foreign error and nothing of its stack', async () => {
    const { client, sent } = started();
    const error = await client.call('fail', 'disk').catch((thrown: unknown) => thrown as AppError);
    expect(error).toMatchObject({ code: 'internal', facts: { detail: 'broken disk' } });
    expect(JSON.stringify(sent)).not.toContain('second line');
  });

  it('answers with an error when the result cannot cross', async () => {
    const { client } = started();
    expect(await codeOf(client.call('fail', 'unclonable'))).toBe('internal');
  });

  it('hands on no answer that is not what was agreed', async () => {
    const { client } = started();
    const error = await client.call('lie', undefined).catch((thrown: unknown) => thrown as AppError);
    expect(error).toMatchObject({ code: 'ipc.invalid' });
    expect((error as AppError).message).toMatch(
      /lie is not valid: the answer is not what was agreed \("name": .*string/,
    );
  });

  it('sends signals to every listener', async () => {
    const { client, server } = started();
    const heard: unknown[] = [];
    client.onSignal((name, state) => heard.push([name, state]));
    client.onSignal((name) => heard.push(name));
    server.emit('weather', 'rain');
    await Promise.resolve();
    expect(heard).toEqual([['weather', 'rain'], 'weather']);
  });

  it('lets a forwarder call it directly, validated alike', async () => {
    const { server } = started();
    const context = { progress: () => undefined, signal: new AbortController().signal };
    expect(await server.handle('double', { value: 4 }, context)).toBe(8);
    expect(await codeOf(server.handle('double', { value: null }, context))).toBe('ipc.invalid');
  });
});

describe('jobs', () => {
  it('report progress in order and end with their result', async () => {
    const { client } = started();
    const seen: number[] = [];
    const result = await client.runJob('count', 3, { onProgress: ({ done }) => seen.push(done) });
    expect(result).toBe('counted 3');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('end with "cancelled" when their signal aborts, and others go on', async () => {
    const { client } = started();
    const abort = new AbortController();
    const seen: number[] = [];
    const job = client.runJob('count', 1000, {
      signal: abort.signal,
      onProgress: ({ done }) => (seen.push(done), done === 5 && abort.abort()),
    });
    const other = client.runJob('count', 20);
    expect(await codeOf(job)).toBe('cancelled');
    expect(seen.length).toBeLessThan(10);
    expect(await other).toBe('counted 20');
  });

  it('are cancelled also by a signal that was aborted before', async () => {
    const { client } = started();
    expect(await codeOf(client.runJob('count', 1000, { signal: AbortSignal.abort() }))).toBe('cancelled');
  });

  it('leave nothing on a signal that outlives them', async () => {
    const { client, sent } = started();
    const abort = new AbortController();
    await client.runJob('count', 1, { signal: abort.signal });
    abort.abort();
    expect(sent.filter((message) => message.type === 'cancel')).toEqual([]);
  });
});

describe('close', () => {
  it('fails everything under way and everything after', async () => {
    const { client } = started();
    const job = codeOf(client.runJob('count', 1000));
    const call = codeOf(client.call('double', {}));
    client.close(new AppError('engine.gone'));
    expect(await job).toBe('engine.gone');
    expect(await call).toBe('engine.gone');
    expect(await codeOf(client.call('double', {}))).toBe('engine.gone');
  });
});

it('parseInput answers what the handler gets', () => {
  expect(parseInput(contract, 'double', { value: 3 })).toEqual({ value: 3 });
  expect(parseInput(contract, 'double', {})).toEqual({ value: 1 });
});

it.each([
  ['double', 4, 4],
  ['double', 'four', /the answer is not what was agreed/],
  ['weather', 'rain', /no such endpoint/],
  ['toString', 1, /no such endpoint/],
])('parseOutput of %s: %j', (name, output, expected) => {
  if (typeof expected === 'number') expect(parseOutput(contract, name, output)).toBe(expected);
  else expect(() => parseOutput(contract, name, output)).toThrow(expected);
});

it.each([
  ['weather', 'rain', 'rain'],
  ['weather', 7, undefined],
  ['double', 7, undefined],
  ['__proto__', 7, undefined],
])('parseState of %s: %j', (name, state, expected) => {
  expect(parseState(contract, name, state)).toBe(expected);
});

it('reviveError keeps an unknown code readable', () => {
  expect(reviveError({ code: 'model.from-the-future', facts: {} })).toMatchObject({
    code: 'internal',
    facts: { detail: 'model.from-the-future' },
  });
});
