import { describe, expect, it } from 'vitest';
import { AgreementCounter } from '../../../src/shared/live/agreement';

describe('AgreementCounter', () => {
  it('counts frames that both answered, whoever was first', () => {
    const counter = new AgreementCounter();
    expect(counter.add(0, 1, 5)).toBeUndefined();
    expect(counter.add(1, 1, 5)).toBe(true);
    expect(counter.add(1, 2, 5)).toBeUndefined();
    expect(counter.add(0, 2, 6)).toBe(false);
    expect([counter.agreeing, counter.both]).toEqual([1, 2]);
  });

  it('counts no frame that one side dropped', () => {
    const counter = new AgreementCounter();
    for (const frame of [1, 2, 3, 4]) counter.add(0, frame, 7);
    expect(counter.add(1, 4, 7)).toBe(true);
    expect(counter.both).toBe(1);
    // The slower side answers late, on a frame that the other dropped.
    expect(counter.add(1, 5, 7)).toBeUndefined();
    expect(counter.add(0, 6, 7)).toBeUndefined();
    expect(counter.both).toBe(1);
  });

  it('takes no answer for agreement with nothing', () => {
    const counter = new AgreementCounter();
    counter.add(0, 1, undefined);
    expect(counter.add(1, 1, undefined)).toBe(false);
  });
});
