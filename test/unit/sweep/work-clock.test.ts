import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WorkClock } from '../../../src/main/engine/sweep/work-clock';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a clock stands still until it runs, while it is stopped, and goes on where it was', () => {
  const clock = new WorkClock(1000);
  vi.advanceTimersByTime(50);
  expect(clock.elapsedMs).toBe(1000);
  clock.run();
  vi.advanceTimersByTime(200);
  clock.run();
  vi.advanceTimersByTime(100);
  expect(clock.elapsedMs).toBe(1300);
  clock.stop();
  vi.advanceTimersByTime(10_000);
  expect(clock.elapsedMs).toBe(1300);
  clock.stop();
  clock.run();
  vi.advanceTimersByTime(1);
  expect(clock.elapsedMs).toBe(1301);
});

it('an alarm rings once, when so much time has passed on the clock', () => {
  const clock = new WorkClock(1000);
  const ring = vi.fn();
  clock.ringAt(1500, ring);
  vi.advanceTimersByTime(10_000);
  clock.run();
  vi.advanceTimersByTime(400);
  clock.stop();
  vi.advanceTimersByTime(10_000);
  expect(ring).not.toHaveBeenCalled();
  clock.run();
  vi.advanceTimersByTime(99);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledOnce();
  clock.stop();
  clock.run();
  vi.advanceTimersByTime(10_000);
  expect(ring).toHaveBeenCalledOnce();
});

it('an alarm that is set while the clock runs, in the past or in months, rings when it should', () => {
  const clock = new WorkClock();
  const [late, far] = [vi.fn(), vi.fn()];
  clock.run();
  vi.advanceTimersByTime(10);
  clock.ringAt(5, late);
  vi.advanceTimersByTime(0);
  expect(late).toHaveBeenCalledOnce();
  const months = 3 * 2 ** 31;
  clock.ringAt(months, far);
  vi.advanceTimersByTime(months - 20);
  expect(far).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20);
  expect(far).toHaveBeenCalledOnce();
});
