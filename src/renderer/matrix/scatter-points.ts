import type { Interval } from '@shared/metrics';
import type { RunView } from '@shared/run';
import { paretoFront } from '@shared/presenter/pareto';
import { deploymentOf, latencyOf, runtimeOf } from '@shared/presenter/deployment';
import { scaledTimes } from '@shared/presenter/scaled-times';

export type ScatterAxis = 'size' | 'latency';

/** A trial as a point: cost on x, top-1 on y. */
export interface ScatterPoint {
  trial: string;
  model: string;
  recipe: string;
  isBaseline: boolean;
  /** MB or ms. */
  x: number;
  /** Scaled p50 ± median absolute deviation; absent for sizes, which are exact. */
  xInterval?: Interval;
  /** Top-1, %. */
  y: number;
  /** Wilson 95 %. */
  yInterval?: Interval;
  /** No trial of the same network is both cheaper and better, and it has not collapsed: nobody would ship it. */
  onFront: boolean;
  /** The network no longer works: far below all others, it would squeeze them together. */
  isCollapsed: boolean;
}

/** The trials that have both numbers, for the networks shown; each network has its own Pareto front. */
export function scatterPoints(
  run: RunView,
  models: readonly string[],
  axis: ScatterAxis,
  target: string,
): ScatterPoint[] {
  const runtime = runtimeOf(run, target);
  return models.flatMap((model) => {
    const trials = run.trials.filter((trial) => trial.model === model);
    const points = trials.flatMap((trial): ScatterPoint[] => {
      const { top1: y, sizeBytes, top1Interval } = deploymentOf(trial, runtime);
      const latency = latencyOf(trial, target);
      const times = latency && scaledTimes(run, trial, latency);
      const x = axis === 'size' ? sizeBytes && sizeBytes / 1e6 : times?.usualMs;
      if (x === undefined || y === undefined) return [];
      const { id, recipe, isBaseline } = trial;
      const isCollapsed = trial.collapsed !== undefined;
      const point: ScatterPoint = { trial: id, model, recipe, isBaseline, x, y, onFront: false, isCollapsed };
      if (top1Interval) point.yInterval = top1Interval;
      if (axis === 'latency' && times) point.xInterval = [x - times.madMs, x + times.madMs];
      return [point];
    });
    const front = new Set(paretoFront(points.filter((point) => !point.isCollapsed)));
    return points.map((point) => ({ ...point, onFront: front.has(point) }));
  });
}
