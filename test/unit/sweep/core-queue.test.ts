import { describe, expect, it } from 'vitest';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';

/** Work that ends when told to. */
function held<T>(value: T) {
  const state = { begun: false, end: (): void => undefined };
  const work = (): Promise<T> => {
    state.begun = true;
    return new Promise((resolve) => (state.end = () => resolve(value)));
  };
  return { state, work };
}

const never = new AbortController().signal;
const shared = { lane: 'shared', order: 0 } as const;

describe('CoreQueue', () => {
  it('gives the core on when work ends, and says who has to wait', async () => {
    const queue = new CoreQueue(1);
    const [first, second] = [held('a'), held('b')];
    const waits: string[] = [];
    const results = [
      queue.run(shared, never, first.work, () => waits.push('first')),
      queue.run({ lane: 'quiet' }, new AbortController().signal, second.work, () => waits.push('second')),
    ];
    // Asked for by a person: it goes first although it came second.
    await expect.poll(() => second.state.begun).toBe(true);
    expect(first.state.begun).toBe(false);
    expect(waits).toEqual(['first']);
    second.state.end();
    await expect.poll(() => first.state.begun).toBe(true);
    first.state.end();
    expect(await Promise.all(results)).toEqual(['a', 'b']);
  });

  it('lets the failed work go and goes on', async () => {
    const queue = new CoreQueue(1);
    const failed = queue.run(shared, never, () => Promise.reject(new Error('no')));
    const next = queue.run(shared, never, () => Promise.resolve(2));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe(2);
  });

  it('cancels what waits without beginning it, and what comes too late', async () => {
    const queue = new CoreQueue(1);
    const first = held('a');
    const running = queue.run(shared, never, first.work);
    await expect.poll(() => first.state.begun).toBe(true);
    const abort = new AbortController();
    const second = held('b');
    const waiting = queue.run({ lane: 'quiet', order: 1 }, abort.signal, second.work);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await expect(queue.run(shared, abort.signal, second.work)).rejects.toMatchObject({ code: 'cancelled' });
    first.state.end();
    expect(await running).toBe('a');
    expect(second.state.begun).toBe(false);
  });

  it('hears what follows from a result before it gives the core on', async () => {
    const queue = new CoreQueue(1);
    const order: string[] = [];
    const work = (name: string) => () => {
      order.push(name);
      return Promise.resolve();
    };
    const follow = queue
      .run(shared, never, work('first'))
      .then(() => queue.run({ ...shared, order: 1 }, never, work('follows')));
    const later = queue.run({ ...shared, order: 2 }, never, work('later'));
    await Promise.all([follow, later]);
    expect(order).toEqual(['first', 'follows', 'later']);
  });

  it('lets guests in beside shared jobs, and none beside a quiet one, which waits for the last of them', async () => {
    const queue = new CoreQueue(2);
    const beside = held('shared');
    const running = queue.run(shared, never, beside.work);
    await expect.poll(() => beside.state.begun).toBe(true);
    const guest = held('guest');
    const first = queue.beside(never, guest.work);
    await expect.poll(() => guest.state.begun).toBe(true);

    beside.state.end();
    await running;
    const quiet = held('quiet');
    const measured = queue.run({ lane: 'quiet', order: 1 }, never, quiet.work);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(quiet.state.begun, 'a guest is in').toBe(false);
    const late = held('late');
    let waits = 0;
    const second = queue.beside(never, late.work, () => waits++);
    const abort = new AbortController();
    const third = queue.beside(abort.signal, held('gone').work);
    guest.state.end();
    expect(await first).toBe('guest');
    await expect.poll(() => quiet.state.begun).toBe(true);
    expect([late.state.begun, waits], 'once its turn has come no guest is let in').toEqual([false, 1]);
    abort.abort();
    await expect(third).rejects.toMatchObject({ code: 'cancelled' });
    quiet.state.end();
    await measured;
    await expect.poll(() => late.state.begun).toBe(true);
    late.state.end();
    expect(await second).toBe('late');
  });
});
