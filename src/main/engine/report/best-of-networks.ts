import type { Interval } from '@shared/metrics';
import { deploymentOf, latencyOf, runtimeOf } from '@shared/presenter/deployment';
import type { RunPresentation } from '@shared/presenter/reading';
import type { Budget } from '@shared/presenter/budget';
import type { TrialView } from '@shared/run';

/** What is recommended for a network; nothing where no recipe gains anything that it may. */
export interface BestOfNetwork {
  model: string;
  smallest?: TrialView;
  fastest?: TrialView;
}

/** The ends of the intervals count, so that what is named keeps what it promises. */
function isWithin(budget: Budget, drop: Interval | undefined, bytes: number, ratio?: Interval): boolean {
  const { maxDropPoints, maxBytes, maxLatencyRatio } = budget;
  return (
    (maxDropPoints === undefined || (drop !== undefined && -drop[0] <= maxDropPoints)) &&
    (maxBytes === undefined || bytes <= maxBytes) &&
    (maxLatencyRatio === undefined || (ratio !== undefined && ratio[1] <= maxLatencyRatio))
  );
}

/**
 * The smallest and the fastest trial of a network among those shown. With a budget: of those that clearly keep it. Without: of those
 * whose top-1 is no clear loss; and only what is clearly smaller, or clearly faster, is named at all.
 */
export function bestOfNetwork(
  { run, read }: RunPresentation,
  model: string,
  target: string,
  trials: readonly TrialView[],
  budget?: Budget,
): BestOfNetwork {
  const runtime = runtimeOf(run, target);
  const isScored = run.trials.some((trial) => deploymentOf(trial, runtime).top1 !== undefined);
  const allowed = trials.flatMap((trial) => {
    const { sizeBytes, top1, top1DeltaInterval } = deploymentOf(trial, runtime);
    if (trial.isBaseline || trial.status !== 'done' || trial.collapsed !== undefined || sizeBytes === undefined)
      return [];
    if (isScored && top1 === undefined) return [];
    const latency = latencyOf(trial, target);
    const isAllowed = budget
      ? isWithin(budget, top1DeltaInterval, sizeBytes, latency?.ratioInterval)
      : read('top1', trial, target)?.change?.verdict !== 'loss';
    return isAllowed ? [{ trial, sizeBytes, ratio: latency?.ratio ?? Infinity }] : [];
  });
  const gains = (metric: 'size' | 'ratio'): typeof allowed =>
    allowed.filter(({ trial }) => read(metric, trial, target)?.change?.verdict === 'gain');
  const smallest = gains('size').sort((a, b) => a.sizeBytes - b.sizeBytes || a.ratio - b.ratio)[0]?.trial;
  const fastest = gains('ratio').sort((a, b) => a.ratio - b.ratio || a.sizeBytes - b.sizeBytes)[0]?.trial;
  return { model, ...(smallest && { smallest }), ...(fastest && { fastest }) };
}
