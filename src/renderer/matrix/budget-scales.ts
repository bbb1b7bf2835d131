import type { RunView } from '@shared/run';
import type { LimitScale } from './limit-slider';

/** Scales of the sliders: what the trials of a run span. */
export interface BudgetScales {
  points: LimitScale;
  /** MB */
  megabytes: LimitScale;
  timeRatio: LimitScale;
}

export function budgetScales({ trials }: Pick<RunView, 'trials'>): BudgetScales {
  const sizes = trials.flatMap(({ metrics }) => (metrics.sizeBytes === undefined ? [] : [metrics.sizeBytes / 1e6]));
  const ratios = trials.flatMap(({ metrics }) => metrics.latency.map(({ ratio }) => ratio));
  return {
    points: { least: 0, most: 20, kind: 'squares' },
    megabytes: spanning(sizes, 0.1, 100),
    timeRatio: { ...spanning(ratios, 0.1, 1), most: 1.5 },
  };
}

function spanning(values: readonly number[], least: number, most: number): LimitScale {
  const known = values.filter((value) => value > 0);
  const [low, high] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [least, most];
  return { least: low < high ? low : low / 2, most: high, kind: 'logarithm' };
}
