import { expect, it, vi } from 'vitest';
import { Turn } from '../../../src/main/engine/sweep/turn';

/** Runs that begin and end when the test says so. */
function stage(isElsewhere = () => false) {
  const idle: (() => void)[] = [];
  const runs = {
    activeRun: undefined as string | undefined,
    onIdle: (listener: () => void) => void idle.push(listener),
  };
  const turn = new Turn('/work', runs, isElsewhere);
  const end = (): void => {
    runs.activeRun = undefined;
    for (const listener of idle) listener();
  };
  return { runs, turn, end };
}

/** Something that lasts until the test ends it. */
function work() {
  let end = (): void => undefined;
  let fail = (): void => undefined;
  const lasts = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = () => reject(new Error('the model is gone'));
  });
  return { end, fail, act: () => lasts };
}

it('one at a time has the turn, from before it prepares; others are told whose it is', async () => {
  const { turn } = stage();
  const one = work();
  const taken = turn.take('a search', one.act);
  expect(turn.isFree).toBe(false);
  const refused = expect(turn.take('run 2', () => Promise.resolve())).rejects;
  await refused.toThrow('Another run is using /work (a search).');
  one.end();
  await taken;
  expect(turn.isFree).toBe(true);
});

it('a run that is under way has it until it ends', async () => {
  const { turn, runs, end } = stage();
  await turn.take('the queue', () => Promise.resolve((runs.activeRun = 'r1')));
  expect(turn.isFree).toBe(false);
  await expect(turn.take('run 2', () => Promise.resolve())).rejects.toThrow('(run r1)');
  end();
  expect(turn.isFree).toBe(true);
});

it('who waits is asked in the order of their coming, until one takes it, whenever it is free: after a run, and after nothing came of it', async () => {
  const { turn, runs, end } = stage();
  const asked: string[] = [];
  const first = work();
  turn.onFree(() => {
    asked.push('first');
    if (asked.length === 3) void turn.take('first', first.act);
  });
  turn.onFree(() => void asked.push('second'));
  runs.activeRun = 'r1';
  end();
  expect(asked).toEqual(['first', 'second']);
  const gone = work();
  const failed = expect(turn.take('run 2', gone.act)).rejects.toThrow('gone');
  gone.fail();
  await failed;
  expect(asked).toEqual(['first', 'second', 'first']);
  // The run of whoever has the turn ends: it keeps the turn.
  runs.activeRun = 'r2';
  end();
  expect(asked).toHaveLength(3);
  first.end();
  await vi.waitFor(() => expect(asked).toEqual(['first', 'second', 'first', 'first', 'second']));
});

it('where another process is at work, nobody is asked until that has ended', async () => {
  vi.useFakeTimers();
  try {
    let isElsewhere = true;
    const { turn, end } = stage(() => isElsewhere);
    const asked = vi.fn();
    turn.onFree(asked);
    await turn.take('the queue', () => Promise.resolve(turn.lookAgainLater()));
    end();
    vi.advanceTimersByTime(60_000);
    expect(asked).not.toHaveBeenCalled();
    isElsewhere = false;
    vi.advanceTimersByTime(60_000);
    expect(asked).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});
