import { judgeRun } from '@shared/presenter/best-in-budget';
import { deploymentOf, latencyOf, runtimeOf } from '@shared/presenter/deployment';
import type { RunPresentation } from '@shared/presenter/reading';
import type { Budget } from '@shared/presenter/budget';
import type { RunView, TrialView } from '@shared/run';

/** What is recommended for a network; nothing where no recipe gains anything that it may. */
export interface BestOfNetwork {
  model: string;
  smallest?: TrialView;
  fastest?: TrialView;
  /** Those of the two that may be the best of so many by chance alone. */
  doubtful?: { trials: readonly TrialView[]; among: number };
}

/**
 * The smallest and the fastest trial of a network among those shown. With a budget: the window's choice of those that clearly keep it.
 * Without: of those whose top-1 is no clear loss; and only what is clearly smaller, or clearly faster, is named at all. What collapsed
 * never is.
 */
export function bestOfNetwork(
  { run, read }: RunPresentation,
  model: string,
  target: string,
  trials: readonly TrialView[],
  budget?: Budget,
): BestOfNetwork {
  const standing = trials.filter(({ isBaseline, status, collapsed }) => !isBaseline && status === 'done' && !collapsed);
  if (budget) return withinBudget(run, model, target, standing, budget);
  const runtime = runtimeOf(run, target);
  const isScored = run.trials.some((trial) => deploymentOf(trial, runtime).top1 !== undefined);
  const allowed = standing.flatMap((trial) => {
    const { sizeBytes, top1 } = deploymentOf(trial, runtime);
    if (sizeBytes === undefined || (isScored && top1 === undefined)) return [];
    if (read('top1', trial, target)?.change?.verdict === 'loss') return [];
    return [{ trial, sizeBytes, ratio: latencyOf(trial, target)?.ratio ?? Infinity }];
  });
  const gains = (metric: 'size' | 'ratio'): typeof allowed =>
    allowed.filter(({ trial }) => read(metric, trial, target)?.change?.verdict === 'gain');
  const smallest = gains('size').sort((a, b) => a.sizeBytes - b.sizeBytes || a.ratio - b.ratio)[0]?.trial;
  const fastest = gains('ratio').sort((a, b) => a.ratio - b.ratio || a.sizeBytes - b.sizeBytes)[0]?.trial;
  return { model, ...(smallest && { smallest }), ...(fastest && { fastest }) };
}

function withinBudget(
  run: RunView,
  model: string,
  target: string,
  standing: readonly TrialView[],
  budget: Budget,
): BestOfNetwork {
  const trials = run.trials.filter((trial) => trial.isBaseline || standing.includes(trial));
  const best = judgeRun({ ...run, trials }, budget, target).best.find((one) => one.model === model);
  const [smallest, fastest] = [best?.smallest?.trial, best?.fastest?.trial];
  const doubtful = [best?.smallest, best?.fastest].flatMap((one) => (one && !one.holdsAmongAll ? [one.trial] : []));
  return {
    model,
    ...(smallest && { smallest }),
    ...(fastest && { fastest }),
    ...(best && best.among > 1 && doubtful.length > 0 && { doubtful: { trials: doubtful, among: best.among } }),
  };
}
