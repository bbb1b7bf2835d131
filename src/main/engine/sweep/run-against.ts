import { AppError } from '@shared/errors';
import type { AccuracyMetrics, EnergyMetrics, LatencyMetrics, RatioMetrics, TrialMetrics } from '@shared/metrics';
import type { RunView, TrialView } from '@shared/run';
import { quotient } from '@shared/statistics/ratio-quotient';
import { accuracyMetrics, type Predictions } from '../measure/accuracy/accuracy';

/**
 * A run whose trials are compared with those of one recipe in place of the baseline: the accuracy on the same images, the time by way of the
 * baseline, beside which both were measured. What is not measured on both sides is left out.
 * @param predictionsOf what a trial answered in a runtime, or in the first, once it is evaluated. Throws `run.no-recipe`.
 */
export function runAgainst(
  run: RunView,
  recipe: string,
  predictionsOf: (trial: TrialView, runtime?: string) => Predictions | undefined,
): RunView {
  if (!run.recipes.includes(recipe))
    throw new AppError('run.no-recipe', { recipe, run: run.name, recipes: run.recipes.join(', ') });
  const references = new Map(
    run.trials.filter((trial) => trial.recipe === recipe).map((trial) => [trial.model, trial]),
  );
  const trials = run.trials.map((trial): TrialView => {
    const reference = references.get(trial.model);
    // What a search found for one network is compared with nothing on another.
    if (!reference)
      return { ...trial, isBaseline: false, metrics: { ...bare(trial), latency: [] }, published: undefined };
    const isBaseline = trial === reference;
    const metrics = metricsAgainst(trial, reference);
    // Published differences are to the network as it came.
    const view: TrialView = { ...trial, isBaseline, metrics, published: undefined };
    if (isBaseline) return view;
    for (const measured of [metrics, ...(metrics.deployments ?? [])]) {
      const runtime = 'runtime' in measured ? (measured.name ?? measured.runtime) : undefined;
      const [own, other] = [predictionsOf(trial, runtime), predictionsOf(reference, runtime)];
      if (own && other) Object.assign(measured, accuracyMetrics(own, other));
    }
    return view;
  });
  return { ...run, against: recipe, trials };
}

function metricsAgainst(trial: TrialView, reference: TrialView): TrialMetrics {
  const latency = trial.metrics.latency.flatMap((own) => {
    const other = reference.metrics.latency.find(({ target }) => target === own.target);
    if (!other) return [];
    // The network as it came is what every trial was measured beside.
    return [reference.isBaseline ? own : latencyAgainst(own, other, trial.isBaseline)];
  });
  return { ...bare(trial), latency };
}

/** All but what is compared. */
function bare({ metrics }: TrialView): TrialMetrics {
  const { deployments } = metrics;
  return {
    ...withoutComparisons(metrics),
    ...(deployments && { deployments: deployments.map(withoutComparisons) }),
  };
}

function withoutComparisons<M extends Partial<AccuracyMetrics>>(metrics: M): M {
  const rest = { ...metrics };
  for (const comparison of ['top1Delta', 'top1DeltaInterval', 'mcnemarP', 'agreement'] as const)
    delete rest[comparison];
  return rest;
}

/** @param isNetwork `own` is the network as it came, beside which the other was measured: that ratio turned over, with no detour */
function latencyAgainst(own: LatencyMetrics, other: LatencyMetrics, isNetwork: boolean): LatencyMetrics {
  const { energy: spent, ...times } = own;
  const energy = spent && energyAgainst(spent, other.energy, isNetwork);
  return { ...times, ...ratioAgainst(own, other, isNetwork), ...(energy && { energy }) };
}

/** Energies of the same domains; the joules stay as they were measured. */
function energyAgainst(own: EnergyMetrics, other: EnergyMetrics | undefined, isNetwork: boolean): EnergyMetrics {
  const { comparison, ...joules } = own;
  const isAlike = own.domains.join() === other?.domains.join();
  if (!comparison || !other?.comparison || !isAlike) return joules;
  return { ...joules, comparison: ratioAgainst(comparison, other.comparison, isNetwork) };
}

function ratioAgainst(own: RatioMetrics, other: RatioMetrics, isNetwork: boolean): RatioMetrics {
  const { sessionRatios: ownSessions } = own;
  if (own === other) return { ratio: 1, ratioInterval: [1, 1], sessionRatios: ownSessions };
  if (isNetwork) {
    const [low, high] = other.ratioInterval;
    const sessionRatios = other.sessionRatios?.map((ratio) => 1 / ratio);
    return { ratio: 1 / other.ratio, ratioInterval: [1 / high, 1 / low], sessionRatios };
  }
  // Without the sessions of both there is nothing to test; the interval alone decides.
  const referenceSessionRatios = ownSessions && other.sessionRatios;
  const sessionRatios = other.sessionRatios && ownSessions;
  return { ...quotient(own, other), sessionRatios, referenceSessionRatios };
}
