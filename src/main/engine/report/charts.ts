import { formatMegabytes, formatMs, formatNumber, percentDecimals } from '@shared/format';
import { deploymentOf, runtimeOf } from '@shared/presenter/deployment';
import { paretoFront } from '@shared/presenter/pareto';
import type { RunPresentation } from '@shared/presenter/reading';
import type { TrialView } from '@shared/run';

/** A trial in a chart: cost on x (lower is better), top-1 on y with its interval. */
export interface ChartPoint {
  x: number;
  y: number;
  low?: number;
  high?: number;
  recipe: string;
  /** Network, recipe and both figures, for the pointer and for readers. */
  label: string;
  /** Index of the network in the run. */
  series: number;
  isOnFront: boolean;
}

export interface Chart {
  title: string;
  xLabel: string;
  yLabel: string;
  /** In order of rising cost. */
  points: readonly ChartPoint[];
  /** Trials that guess: drawn, they would squash all others into a line. */
  collapsed: number;
}

/** Size, and the time on every target, against top-1, each with the Pareto front of every network; without points no chart. */
export function paretoCharts(
  { run, times }: RunPresentation,
  targets: readonly string[],
  trials: readonly TrialView[],
): Chart[] {
  const standing = trials.filter(({ collapsed }) => collapsed === undefined);
  const chart = (
    target: string,
    title: string,
    xLabel: string,
    costOf: (trial: TrialView) => { x: number; text: string } | undefined,
  ): Chart => {
    const found = standing.flatMap((trial) => {
      const cost = costOf(trial);
      const { top1: y, top1Interval, n = 0 } = deploymentOf(trial, runtimeOf(run, target));
      if (!cost || y === undefined) return [];
      const label = `${trial.model}, ${trial.recipe}: ${cost.text}, ${formatNumber(y, percentDecimals(n))} %`;
      const series = run.models.indexOf(trial.model);
      return [{ x: cost.x, y, low: top1Interval?.[0], high: top1Interval?.[1], recipe: trial.recipe, label, series }];
    });
    const fronts = new Set(
      run.models.flatMap((_, series) => paretoFront(found.filter((one) => one.series === series))),
    );
    const points = found.map((one) => ({ ...one, isOnFront: fronts.has(one) })).sort((a, b) => a.x - b.x || b.y - a.y);
    return { title, xLabel, yLabel: 'top-1, %', points, collapsed: trials.length - standing.length };
  };
  const charts = [
    chart(targets[0] ?? '', 'Size and accuracy', 'size, MB (logarithmic)', (trial) => {
      const { sizeBytes } = deploymentOf(trial, runtimeOf(run, targets[0] ?? ''));
      return sizeBytes === undefined ? undefined : { x: sizeBytes / 1e6, text: `${formatMegabytes(sizeBytes)} MB` };
    }),
    ...targets
      .filter((target) => target !== '')
      .map((target) =>
        chart(target, `Latency and accuracy, ${target}`, 'latency, ms (logarithmic)', (trial) => {
          const ms = times(trial, target)?.usualMs;
          return ms === undefined ? undefined : { x: ms, text: formatMs(ms) };
        }),
      ),
  ];
  return charts.filter(({ points }) => points.length > 0);
}
