import { describe, expect, it } from 'vitest';
import type { PlannedStep } from '../../../src/main/engine/sweep/plan';
import { timeOf } from '../../../src/main/engine/sweep/plan-estimate';
import type { StepCost } from '../../../src/main/engine/sweep/step-costs';
import { plan, prune } from './sweeps';

const steps = plan({ baseline: [], pruned: [prune(0.5)] }).flatMap((trial) => trial.steps);
const certain = (expectedMs: number): StepCost => ({ expectedMs, deviation: 0, isGuess: false });
const middle = ({ lowMs, highMs }: { lowMs: number; highMs: number }): number => Math.sqrt(lowMs * highMs);
const byKind = (costs: Partial<Record<PlannedStep['kind'], StepCost>>) => (step: PlannedStep) => costs[step.kind];
const all = { compress: certain(40), describe: certain(1), evaluate: certain(10), measure: certain(100) };

describe('the time of a plan', () => {
  it('is nothing where nothing is left', () => {
    expect(timeOf([], () => undefined, 1)).toEqual({ time: { lowMs: 0, highMs: 0 }, unknownSteps: 0 });
  });

  it('is absent where no step is known, and says what it leaves out', () => {
    expect(timeOf(steps, () => undefined, 1)).toEqual({ unknownSteps: 7 });
    const { time, unknownSteps } = timeOf(steps, byKind({ evaluate: certain(10) }), 1);
    expect(unknownSteps).toBe(5);
    expect(middle(time!)).toBeCloseTo(20, 6);
  });

  it('is the sum on one slot; on more, measurements still run alone', () => {
    const total = 40 + 2 * 1 + 2 * 10 + 2 * 100;
    expect(middle(timeOf(steps, byKind(all), 1).time!)).toBeCloseTo(total, 6);
    expect(middle(timeOf(steps, byKind(all), 2).time!)).toBeCloseTo(200 + 40, 6);
  });

  it('is wider where steps are guessed, whose errors do not average out', () => {
    const widthWith = (cost: StepCost): number => {
      const { lowMs, highMs } = timeOf(steps, () => cost, 1).time!;
      return highMs / lowMs;
    };
    const known = widthWith({ expectedMs: 10, deviation: 0.5, isGuess: false });
    const guessed = widthWith({ expectedMs: 10, deviation: 0.5, isGuess: true });
    expect(widthWith(certain(10))).toBeCloseTo(Math.exp(2 * 1.28 * 0.12), 6);
    expect(known).toBeGreaterThan(widthWith(certain(10)));
    expect(guessed).toBeGreaterThan(known);
  });
});
