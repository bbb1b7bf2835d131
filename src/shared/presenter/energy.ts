import { decimalsFor, formatInterval, formatNumber } from '../format';
import type { EnergyMetrics } from '../metrics';
import type { RunView } from '../run';
import { defaultMetrics, type MetricId } from './metrics';

const millijoules = 1000;

/** In place of an energy that could not be told from idling; its interval stands beside it. */
export const notTold = 'not told';

/** "84.2", "[83.7, 84.9]" in millijoules. */
export function energyTexts({ joules, joulesInterval, isTold }: EnergyMetrics): { text: string; spread: string } {
  const decimals = decimalsFor(millijoules * Math.max(Math.abs(joules), ...joulesInterval.map(Math.abs)));
  const format = (value: number): string => formatNumber(millijoules * value, decimals);
  return { text: isTold ? format(joules) : notTold, spread: formatInterval(joulesInterval, format) };
}

/** "package-0 + dram, less 4.1 W of idling" */
export function energyBasis({ domains, idleWatts }: EnergyMetrics): string {
  return `${domains.join(' + ')}, less ${formatNumber(idleWatts, decimalsFor(idleWatts))} W of idling`;
}

/** Whether any trial of the run has it: most machines tell no energy, and then nothing speaks of it. */
export const hasEnergy = ({ trials }: Pick<RunView, 'trials'>): boolean =>
  trials.some(({ metrics }) => metrics.latency.some(({ energy }) => energy !== undefined));

/** Whether any trial of the run has a Core ML package: only where a sweep asks for it. */
const hasCoreml = ({ trials }: Pick<RunView, 'trials'>): boolean =>
  trials.some(({ metrics }) => metrics.files?.some(({ format }) => format === 'coreml'));

/** Metrics of a choice that this run can have; the usual ones where that leaves none. */
export function metricsOf(run: Pick<RunView, 'trials'>, chosen: readonly MetricId[]): MetricId[] {
  const canHave = (metric: MetricId): boolean =>
    metric === 'energy' ? hasEnergy(run) : metric !== 'size-coreml' || hasCoreml(run);
  const left = chosen.filter(canHave);
  return left.length > 0 ? left : defaultMetrics.filter(canHave);
}
