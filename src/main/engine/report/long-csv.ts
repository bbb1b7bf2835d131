import type { Interval, LatencyMetrics } from '@shared/metrics';
import { deploymentOf, latencyOf, runtimeOf } from '@shared/presenter/deployment';
import { metricIds, metrics, type MetricId } from '@shared/presenter/metrics';
import type { Reading } from '@shared/presenter/reading';
import type { TrialView } from '@shared/run';
import { csvText, type CsvCell } from '@shared/csv';
import { shownTrials, type Report } from './report-model';

const heads = [
  'model',
  'recipe',
  'steps',
  'status',
  'target',
  'metric',
  'unit',
  'better',
  'value',
  'low',
  'high',
  'n',
  'change',
  'change_low',
  'change_high',
  'change_kind',
  'verdict',
] as const;

interface Figure {
  /** False: the measurement could not tell the value, only its interval. */
  isTold?: boolean | undefined;
  /** The 95 % interval of the value, where it has one. */
  interval?: Interval | undefined;
  /** Images, or timed inferences. */
  n?: number | undefined;
  change?: { value: number; interval?: Interval | undefined; kind: 'ratio' | 'points' } | undefined;
}

/**
 * One row a figure, for tools that filter and pivot: trial, target, metric, value in its unit, interval, what it is of, and how it differs
 * from the reference. All metrics of the rows that the view shows; figures that were not measured have no row.
 */
export function longCsv(report: Report): string {
  const { presentation, targets } = report;
  const { run } = presentation;
  const lines = shownTrials(report).flatMap((trial) =>
    targets.flatMap((target) =>
      metricIds.flatMap((metric): CsvCell[][] => {
        const reading = presentation.read(metric, trial, target);
        if (!reading) return [];
        const baseline = presentation.baselineOf(trial.model);
        const reference = baseline && presentation.read(metric, baseline, target)?.value;
        const runtime = runtimeOf(run, target);
        const figure = figureOf(metric, reading, reference, deploymentOf(trial, runtime), latencyOf(trial, target));
        return [lineOf(trial, target, metric, reading, figure)];
      }),
    ),
  );
  return csvText([heads, ...lines]);
}

function figureOf(
  metric: MetricId,
  { value, change }: Reading,
  reference: number | undefined,
  file: ReturnType<typeof deploymentOf>,
  latency: LatencyMetrics | undefined,
): Figure {
  const { source } = metrics[metric];
  if (source === 'file') return change && reference ? { change: { value: value / reference, kind: 'ratio' } } : {};
  if (source === 'accuracy') {
    const intervals = { top1: file.top1Interval, top5: file.top5Interval };
    const interval = metric === 'top1' || metric === 'top5' ? intervals[metric] : undefined;
    const isCompared = metric === 'top1' && change && file.top1Delta !== undefined;
    return {
      interval,
      n: file.n,
      change: isCompared ? { value: file.top1Delta!, interval: file.top1DeltaInterval, kind: 'points' } : undefined,
    };
  }
  if (metric === 'energy') return energyFigure(change, latency);
  const ratio = latency && change ? { value: latency.ratio, interval: latency.ratioInterval } : undefined;
  return {
    interval: metric === 'ratio' ? ratio?.interval : undefined,
    n: metric === 'cold-start' || metric === 'memory' ? undefined : latency?.n,
    change: ratio && { ...ratio, kind: 'ratio' },
  };
}

function energyFigure(change: Reading['change'], latency: LatencyMetrics | undefined): Figure {
  const energy = latency?.energy;
  const compared = change && energy?.comparison;
  return {
    isTold: energy?.isTold,
    interval: energy?.joulesInterval.map((joules) => 1000 * joules) as Interval | undefined,
    n: latency?.n,
    change: compared && { value: compared.ratio, interval: compared.ratioInterval, kind: 'ratio' },
  };
}

function lineOf(
  trial: TrialView,
  target: string,
  metric: MetricId,
  { value, change }: Reading,
  { isTold = true, interval, n, change: difference }: Figure,
): CsvCell[] {
  const exact = (number: number | undefined): CsvCell =>
    number === undefined ? undefined : Number(number.toPrecision(12));
  const cells: Record<(typeof heads)[number], CsvCell> = {
    model: trial.model,
    recipe: trial.recipe,
    steps: trial.recipeText,
    status: trial.status,
    target,
    metric,
    // Spreadsheets that take a file without a mark for Latin-1 would garble the sign.
    unit: metrics[metric].unit.replace('×', 'x'),
    better: metrics[metric].better,
    value: isTold ? exact(value) : undefined,
    low: exact(interval?.[0]),
    high: exact(interval?.[1]),
    n,
    change: exact(difference?.value),
    change_low: exact(difference?.interval?.[0]),
    change_high: exact(difference?.interval?.[1]),
    change_kind: difference?.kind,
    verdict: change?.words,
  };
  return heads.map((name) => cells[name]);
}
