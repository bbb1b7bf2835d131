import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NewestWins } from '../../../src/shared/live/newest-wins';

function watched() {
  const begun: number[] = [];
  const dropped: number[] = [];
  const queue = new NewestWins<number>(
    (item) => begun.push(item),
    (item) => dropped.push(item),
  );
  return { queue, begun, dropped };
}

describe('NewestWins', () => {
  it('has one under way, and of those that come meanwhile keeps the newest', () => {
    const { queue, begun, dropped } = watched();
    for (const item of [1, 2, 3, 4]) queue.offer(item);
    expect(begun).toEqual([1]);
    expect(dropped).toEqual([2, 3]);
    queue.finished();
    expect(begun).toEqual([1, 4]);
    queue.finished();
    queue.offer(5);
    expect(begun).toEqual([1, 4, 5]);
    expect(queue.dropped).toBe(2);
  });

  it('gives back what waits when it is cleared, uncounted, and goes on afterwards', () => {
    const { queue, begun, dropped } = watched();
    queue.offer(1);
    queue.offer(2);
    queue.clear();
    expect([dropped, queue.dropped]).toEqual([[2], 0]);
    queue.finished();
    queue.offer(3);
    expect(begun).toEqual([1, 3]);
  });

  it('may be offered an item or finished from within begin', () => {
    const begun: number[] = [];
    const queue: NewestWins<number> = new NewestWins((item) => {
      begun.push(item);
      if (item < 3) queue.offer(item + 1);
      queue.finished();
    });
    queue.offer(0);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('begins items in order, never two at once, each begun or dropped exactly once, the last always begun', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (events) => {
        const { queue, begun, dropped } = watched();
        let next = 0;
        let under = 0;
        for (const isOffer of events) {
          const before = begun.length;
          if (isOffer) queue.offer(next++);
          else if (under > 0) {
            queue.finished();
            under--;
          } else continue;
          under += begun.length - before;
          expect(under).toBeLessThanOrEqual(1);
        }
        while (under > 0) {
          const before = begun.length;
          queue.finished();
          under += begun.length - before - 1;
        }
        expect([...begun].sort((a, b) => a - b)).toEqual(begun);
        expect([...begun, ...dropped].sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, item) => item));
        if (next > 0) expect(begun.at(-1)).toBe(next - 1);
        expect(queue.dropped).toBe(dropped.length);
      }),
    );
  });
});
