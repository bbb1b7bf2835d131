import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { Guests } from '../../../src/main/engine/live/guests';
import { LiveSession } from '../../../src/main/engine/live/live-session';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';
import type { AppError } from '../../../src/shared/errors';
import { card, jpegOf, kept, opened, small } from './small-sides';

describe('LiveSession', () => {
  const frame = async () => ({ kind: 'file', name: 'a.jpg', bytes: await jpegOf(1) }) as const;

  it('drops what a newer frame overtakes, never the last', async () => {
    const session = await opened([await small()]);
    const one = await frame();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => session.classify(0, one)));
    expect(answers.map((answer) => answer !== null)).toEqual([true, false, false, false, true]);
  });

  it('loses only the side whose process dies, with a sentence, and keeps a side that met a broken image', async () => {
    const session = await opened([await small(), await small()]);
    const one = await frame();
    await expect(
      session.classify(1, { kind: 'file', name: 'odd.jpg', bytes: Uint8Array.of(1, 2) }),
    ).rejects.toMatchObject({
      code: 'image.broken',
    });
    process.kill(session.pids[0]!, 'SIGKILL');
    await expect
      .poll(() => session.classify(0, one).catch((error: Error) => error.message))
      .toContain('small on ort-cpu x1 ended unexpectedly');
    expect(await session.classify(1, one)).not.toBeNull();
  });

  it('starts a side again whose process died, with the other as it was', async () => {
    const session = await opened([await small(), await small()]);
    const one = await frame();
    const before = await session.classify(0, one);
    process.kill(session.pids[0]!, 'SIGKILL');
    await expect.poll(() => session.classify(0, one).catch((error: AppError) => error.code)).toBe('live.ended');
    const [, other] = session.pids;
    await session.reopen(0);
    expect(session.pids[1]).toBe(other);
    const after = await session.classify(0, one);
    expect(kept(after)).toEqual(kept(before));
    expect(after?.isFirst).toBe(true);
    session.close();
    await expect(session.reopen(0)).rejects.toMatchObject({ code: 'live.closed' });
  });

  it('waits while times are taken, says so, and goes on', async () => {
    const queue = new CoreQueue(1);
    const heard: boolean[] = [];
    const session = await opened([await small()], queue, (isWaiting) => heard.push(isWaiting));
    let finish = (): void => undefined;
    let hasBegun = false;
    const measured = queue.run({ lane: 'quiet' }, new AbortController().signal, () => {
      hasBegun = true;
      return new Promise<void>((resolve) => (finish = resolve));
    });
    await expect.poll(() => hasBegun).toBe(true);
    const answer = session.classify(0, await frame());
    await expect.poll(() => heard).toEqual([true]);
    finish();
    await measured;
    expect(await answer).not.toBeNull();
    expect(heard).toEqual([true, false]);
  });

  it('ends what is still loading when nobody wants it any more', async () => {
    const abort = new AbortController();
    const options = { workerPath: builtFile('live-worker.js'), guests: new Guests((_signal, work) => work()) };
    const opening = LiveSession.open([await small(), await small()], options, abort.signal);
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: 'live.ended' });
    await expect(LiveSession.open([await small()], options, abort.signal)).rejects.toMatchObject({
      code: 'live.closed',
    });
  });

  it('says what keeps a model from opening, and leaves no process', async () => {
    const order = await small();
    const wrong = { ...order, card: { ...card, input: { ...card.input, height: 99, width: 99 } } };
    await expect(opened([order, wrong])).rejects.toMatchObject({ code: 'model.differs' });
  });

  it('answers nothing once it is closed', async () => {
    const session = await opened([await small()]);
    const [first, second] = [await frame(), await frame()];
    const under = session.classify(0, first);
    const waiting = session.classify(0, second);
    session.close();
    await expect(under).rejects.toMatchObject({ code: 'live.closed' });
    expect(await waiting).toBeNull();
    await expect(session.classify(0, await frame())).rejects.toMatchObject({ code: 'live.closed' });
  });
});

beforeAll(() => expect(existsSync(builtFile('live-worker.js')), 'built').toBe(true));
