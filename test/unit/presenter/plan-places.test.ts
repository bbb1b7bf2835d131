import { describe, expect, it } from 'vitest';
import { agentsText, isWorthSaying, stepsText } from '@shared/presenter/plan-places';

describe('where a sweep will run', () => {
  const here = { place: 'this machine', steps: 12 };

  it('is said where there is another place, or one that nobody can do', () => {
    expect(isWorthSaying([])).toBe(false);
    expect(isWorthSaying([here])).toBe(false);
    expect(isWorthSaying([here, { place: 'pi4', steps: 1, agents: 1 }])).toBe(true);
    expect(isWorthSaying([{ place: 'pi4', steps: 1, agents: 0, problem: 'No machine has that label.' }])).toBe(true);
  });

  it.each([
    [{ steps: 0, agents: 0 }, '0 steps', 'no machine'],
    [{ steps: 1, agents: 1 }, '1 step', '1 machine'],
    [{ steps: 1200, agents: 12 }, '1,200 steps', '12 machines'],
  ])('%j', (place, steps, agents) => {
    expect(stepsText(place)).toBe(steps);
    expect(agentsText(place)).toBe(agents);
  });
});
