import type { LatencyMetrics } from '../metrics';
import type { RunView, TrialView } from '../run';
import { latencyOf } from './deployment';

/** What an image takes: the median or, where the time depends on the image, the mean. */
export const usualMs = ({ p50Ms, meanMs }: Pick<LatencyMetrics, 'p50Ms' | 'meanMs'>): number => meanMs ?? p50Ms;

/** Milliseconds of one trial that agree with its ratio. */
export interface ScaledTimes {
  /** As `usualMs`. */
  usualMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  madMs: number;
  /** The factor from the times as they were measured. */
  scale: number;
}

/**
 * Times as they would have been beside one and the same baseline. Trials are measured hours apart, and machines change by more
 * than recipes do; only ratios are measured side by side. So the network's own median on the target is the reference, a trial's
 * usual time is that times its ratio, and its other times follow in proportion. Without a measured network: as measured.
 */
export function scaledTimes(run: Pick<RunView, 'trials'>, trial: TrialView, latency: LatencyMetrics): ScaledTimes {
  const { p50Ms, p90Ms, p99Ms, madMs } = latency;
  const own = usualMs(latency);
  const scaledBy = (scale: number): ScaledTimes => ({
    usualMs: own * scale,
    p50Ms: p50Ms * scale,
    p90Ms: p90Ms * scale,
    p99Ms: p99Ms * scale,
    madMs: madMs * scale,
    scale,
  });
  const network = run.trials.find((other) => other.model === trial.model && other.recipeText === '');
  const reference = network && latencyOf(network, latency.target);
  if (!reference || network === trial || !(own > 0)) return scaledBy(1);
  // Compared with a recipe, both ratios are to that recipe; compared with the network, its own is 1 and not the A/A control.
  const ratio = network.isBaseline ? latency.ratio : latency.ratio / reference.ratio;
  return scaledBy((reference.p50Ms * ratio) / own);
}
