import { describe, expect, it } from 'vitest';
import type { Agent } from '@shared/agents';
import type { PlannedStep } from '../../../src/main/engine/sweep/plan';
import { timeOf } from '../../../src/main/engine/sweep/plan-estimate';
import type { StepCost } from '../../../src/main/engine/sweep/step-costs';
import { agent } from './agents';
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
    const rough = byKind({ compress: { ...certain(10), isFromElsewhere: true } });
    expect(timeOf(steps, rough, 1)).toEqual({ unknownSteps: 7 });
    const { time, unknownSteps } = timeOf(steps, byKind({ evaluate: certain(10) }), 1);
    expect(unknownSteps).toBe(5);
    expect(middle(time!)).toBeCloseTo(20, 6);
  });

  it('is the sum on one slot; on more, measurements still run alone', () => {
    const total = 40 + 2 * 1 + 2 * 10 + 2 * 100;
    expect(middle(timeOf(steps, byKind(all), 1).time!)).toBeCloseTo(total, 6);
    expect(middle(timeOf(steps, byKind(all), 2).time!)).toBeCloseTo(200 + 40, 6);
  });

  it('is that of the machine that has most to do, where machines do what they may', () => {
    const free = steps.map((step) => ({ ...step, requires: { versions: {} } }));
    const bound = (one: PlannedStep): boolean => one.kind === 'measure';
    const here = { machine: 'here', versions: {} };
    const mixed = free.map((step) => (bound(step) ? { ...step, requires: here } : step));
    const agents = ['a', 'b', 'c'].map((id) => agent({ id }));
    const onMachines = (left: readonly PlannedStep[], there: readonly Agent[]): number =>
      middle(timeOf(left, byKind(all), 1, there).time!);
    const total = 40 + 2 * 1 + 2 * 10 + 2 * 100;
    expect(onMachines(free, [])).toBeCloseTo(total, 6);
    expect(onMachines(free, agents.slice(0, 1)), 'it does nothing that agents may do').toBeCloseTo(total, 6);
    const [one, two, three] = [1, 2, 3].map((count) => onMachines(free, agents.slice(0, count)));
    expect(two).toBeLessThan(one!);
    expect(two).toBeGreaterThanOrEqual(total / 2 - 1e-6);
    expect(three).toBeLessThanOrEqual(two!);
    expect(three).toBeGreaterThanOrEqual(100 - 1e-6);
    expect(onMachines(mixed, agents), 'times are taken here, one after the other').toBeCloseTo(200, 6);
    const away = [agent({ state: 'silent' }), agent({ state: 'draining' }), agent({ problem: 'Its disk is full.' })];
    expect(onMachines(free, away)).toBeCloseTo(total, 6);
    const labelled = free.map((step) => ({ ...step, requires: { on: 'tpu', versions: {} } }));
    expect(onMachines(labelled, [agent({ id: 'd', labels: ['tpu'] }), ...agents])).toBeCloseTo(total, 6);
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
