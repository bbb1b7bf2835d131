import { AppError } from '@shared/errors';
import type { Interval, LatencyMetrics, TrialMetrics } from '@shared/metrics';
import type { RunView, TrialView } from '@shared/run';
import { accuracyMetrics, type Predictions } from '../measure/accuracy/accuracy';

/**
 * A run whose trials are compared with those of one recipe in place of the baseline: the accuracy on the same images, the time by way of the
 * baseline, beside which both were measured. What is not measured on both sides is left out.
 * @param predictionsOf what a trial answered, once it is evaluated. Throws `run.no-recipe`.
 */
export function runAgainst(
  run: RunView,
  recipe: string,
  predictionsOf: (trial: TrialView) => Predictions | undefined,
): RunView {
  if (!run.recipes.includes(recipe))
    throw new AppError('run.no-recipe', { recipe, run: run.name, recipes: run.recipes.join(', ') });
  const references = new Map(
    run.trials.filter((trial) => trial.recipe === recipe).map((trial) => [trial.model, trial]),
  );
  const trials = run.trials.map((trial): TrialView => {
    const reference = references.get(trial.model)!;
    const isBaseline = trial === reference;
    const metrics = metricsAgainst(trial.metrics, reference.metrics);
    const [own, other] = [predictionsOf(trial), predictionsOf(reference)];
    // Published differences are to the network as it came.
    const view: TrialView = { ...trial, isBaseline, metrics, published: undefined };
    if (own && other && !isBaseline) Object.assign(metrics, accuracyMetrics(own, other));
    return view;
  });
  return { ...run, against: recipe, trials };
}

function metricsAgainst(metrics: TrialMetrics, reference: TrialMetrics): TrialMetrics {
  const latency = metrics.latency.flatMap((own) => {
    const other = reference.latency.find(({ target }) => target === own.target);
    return other ? [latencyAgainst(own, other)] : [];
  });
  const result = { ...metrics, latency };
  for (const comparison of ['top1Delta', 'top1DeltaInterval', 'mcnemarP', 'agreement'] as const)
    delete result[comparison];
  return result;
}

function latencyAgainst(own: LatencyMetrics, other: LatencyMetrics): LatencyMetrics {
  const baselineP50Ms = other.p50Ms;
  if (own === other) return { ...own, baselineP50Ms, ratio: 1, ratioInterval: [1, 1] };
  return { ...own, baselineP50Ms, ...quotient(own, other) };
}

interface Ratio {
  ratio: number;
  ratioInterval: Interval;
}

/** The quotient of two ratios measured apart: the half widths of their intervals on the logarithmic scale add as squares (delta method). */
export function quotient(own: Ratio, other: Ratio): Ratio {
  const halfWidth = ({ ratioInterval: [low, high] }: Ratio): number => Math.log(high / low) / 2;
  const spread = Math.exp(Math.hypot(halfWidth(own), halfWidth(other)));
  const ratio = own.ratio / other.ratio;
  return { ratio, ratioInterval: [ratio / spread, ratio * spread] };
}
