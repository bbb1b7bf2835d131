import { describe, expect, it } from 'vitest';
import { LiveSides, type OfferedFrame } from '../../../src/renderer/live/live-sides';
import type { LiveClient } from '../../../src/renderer/live/live-client';
import { AppError } from '../../../src/shared/errors';
import type { LiveAnswer } from '../../../src/shared/live/answer';

const answer: LiveAnswer = {
  top: [{ class: 1, score: 0.5 }],
  notNumbers: 0,
  times: { capture: 0, preprocess: 1, inference: 2, post: 0 },
  isFirst: false,
};

/** Sides whose answers are given by hand. */
function watched(count: number) {
  const asked: { side: number; answer(): void; fail(error: AppError): void }[] = [];
  const client = {
    call: (_name: string, { side }: { side: number }) =>
      new Promise((resolve, reject) => asked.push({ side, answer: () => resolve(answer), fail: reject })),
  } as unknown as LiveClient;
  const heard: string[] = [];
  const sides = new LiveSides(client, 'session', count, {
    answered: (side, { number }) => heard.push(`${side} answered ${number}`),
    dropped: (side) => heard.push(`${side} dropped`),
    failed: (side, { number }, { code }) => heard.push(`${side} failed ${number} ${code}`),
  });
  let released = 0;
  const frame = (number: number) => (): OfferedFrame => ({
    number,
    take: () => Promise.resolve({ kind: 'image', index: number }),
    release: () => void released++,
  });
  const isAsked = (times: number): Promise<void> => expect.poll(() => asked.length).toBe(times);
  return { sides, asked, heard, frame, isAsked, released: () => released };
}

describe('LiveSides', () => {
  it('is idle when the newest frame that waited is answered too', async () => {
    const { sides, asked, heard, frame, isAsked, released } = watched(1);
    for (const number of [0, 1, 2]) sides.offer(frame(number));
    let isIdle = false;
    const idle = sides.idle().then(() => (isIdle = true));
    await isAsked(1);
    asked[0]!.answer();
    await isAsked(2);
    expect(isIdle).toBe(false);
    asked[1]!.answer();
    await idle;
    expect(heard).toEqual(['0 dropped', '0 answered 0', '0 answered 2']);
    expect(released()).toBe(3);
    await sides.idle();
  });

  it('asks a side whose process is gone nothing, and the other as before, until it is revived', async () => {
    const { sides, asked, heard, frame, isAsked } = watched(2);
    sides.offer(frame(0));
    await isAsked(2);
    asked[0]!.fail(new AppError('live.ended', {}));
    asked[1]!.answer();
    await sides.idle();
    sides.offer(frame(1));
    await isAsked(3);
    expect(asked[2]!.side).toBe(1);
    asked[2]!.answer();
    const all = sides.askAll(frame(2));
    await isAsked(4);
    asked[3]!.answer();
    await all;
    expect(heard).toEqual(['0 failed 0 live.ended', '1 answered 0', '1 answered 1', '1 answered 2']);

    sides.revive(0);
    const one = sides.askOne(0, frame(2));
    await isAsked(5);
    asked[4]!.answer();
    await one;
    expect(heard.at(-1)).toBe('0 answered 2');
  });

  it('goes on asking a side that could not read one frame', async () => {
    const { sides, asked, heard, frame, isAsked } = watched(1);
    sides.offer(frame(0));
    await isAsked(1);
    asked[0]!.fail(new AppError('image.broken', {}));
    await sides.idle();
    sides.offer(frame(1));
    await isAsked(2);
    asked[1]!.answer();
    await sides.idle();
    expect(heard).toEqual(['0 failed 0 image.broken', '0 answered 1']);
  });

  it('says nothing once it is closed', async () => {
    const { sides, asked, heard, frame, isAsked, released } = watched(1);
    sides.offer(frame(0));
    sides.offer(frame(1));
    await isAsked(1);
    sides.close();
    asked[0]!.answer();
    await sides.idle();
    expect(heard).toEqual([]);
    expect(released()).toBe(2);
  });
});
