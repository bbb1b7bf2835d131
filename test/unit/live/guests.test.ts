import { describe, expect, it } from 'vitest';
import { Guests } from '../../../src/main/engine/live/guests';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';

const never = new AbortController().signal;

/** Guests of one core on which a measurement is under way until `finish`. */
async function measuring() {
  const queue = new CoreQueue(1);
  const heard: boolean[] = [];
  const guests = new Guests(
    (signal, work, waits) => queue.beside(signal, work, waits),
    (isWaiting) => heard.push(isWaiting),
  );
  let finish = (): void => undefined;
  let hasBegun = false;
  const measured = queue.run({ lane: 'quiet' }, never, () => {
    hasBegun = true;
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await expect.poll(() => hasBegun).toBe(true);
  return { guests, heard, finish: () => (finish(), measured) };
}

describe('Guests', () => {
  it('wait for a measurement, and say so once for all of them', async () => {
    const { guests, heard, finish } = await measuring();
    const work = [1, 2, 3].map((value) => guests.run(never, () => Promise.resolve(value)));
    expect(heard).toEqual([true]);
    await finish();
    expect(await Promise.all(work)).toEqual([1, 2, 3]);
    expect(heard).toEqual([true, false]);
  });

  it('wait no more when the last of them gives up', async () => {
    const { guests, heard } = await measuring();
    const abort = new AbortController();
    const work = guests.run(abort.signal, () => Promise.resolve());
    abort.abort();
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(heard).toEqual([true, false]);
  });

  it('say at the first work that nothing waits: what was said before them may be otherwise', async () => {
    const heard: boolean[] = [];
    const guests = new Guests(
      (_signal, work) => work(),
      (isWaiting) => heard.push(isWaiting),
    );
    await guests.run(never, () => Promise.resolve());
    await expect(guests.run(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(heard).toEqual([false]);
  });
});
