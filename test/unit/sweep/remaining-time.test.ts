import { describe, expect, it } from 'vitest';
import { RemainingTime } from '../../../src/main/engine/sweep/remaining-time';
import { distinctSteps } from '../../../src/main/engine/sweep/expand';
import { model, plan } from './sweeps';

const steps = distinctSteps(plan({ baseline: [], small: ['fp16'] }, { models: [model('a'), model('b')] }));
const step = (name: string, kind: string) => steps.find((each) => each.order.model === name && each.kind === kind)!;

describe('RemainingTime', () => {
  it('knows nothing before the first step', () => expect(new RemainingTime().estimate(steps)).toBeUndefined());

  it('is zero when nothing is left', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 5);
    expect(remaining.estimate([])).toBe(0);
  });

  it('prefers the same kind and model, then the same kind, then anything', () => {
    const remaining = new RemainingTime();
    remaining.add(step('a', 'evaluate'), 1000);
    remaining.add(step('a', 'evaluate'), 3000);
    remaining.add(step('b', 'evaluate'), 500);
    remaining.add(step('a', 'measure'), 60);
    expect(remaining.estimate([step('a', 'evaluate')])).toBe(2000);
    expect(remaining.estimate([step('b', 'evaluate')])).toBe(500);
    expect(remaining.estimate([step('b', 'measure')])).toBe(60);
    expect(remaining.estimate([step('b', 'compress')])).toBe((1000 + 3000 + 500 + 60) / 4);
    expect(remaining.estimate([step('a', 'evaluate'), step('b', 'measure')])).toBe(2060);
  });
});
