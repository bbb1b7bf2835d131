import { sentenceFor } from '@shared/errors';
import { disturbanceText } from '@shared/presenter/disturbance';
import { presentRun, type RunPresentation } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';

/**
 * The whole result as plain data, the same on the command line, in files and for other tools. Units are in the names. Nothing of the
 * run's view is left out: `readRunFile` makes it again from this.
 */
export function jsonReport(run: RunView): object {
  const presentation = presentRun(run);
  const { id, against, trials, ...rest } = run;
  return {
    run: id,
    ...rest,
    comparedWith: against,
    trials: trials.map((trial) => {
      const { steps, recipeText, artifact, error, ...others } = trial;
      return {
        ...others,
        steps: recipeText,
        artifact: artifact?.path,
        artifactSha256: artifact?.sha256,
        artifactBytes: artifact?.sizeBytes,
        comparisons: comparisonsOf(presentation, trial),
        computedSteps: steps.filter((step) => step.status === 'done' && !step.cached).length,
        cachedSteps: steps.filter((step) => step.cached).length,
        journal: steps,
        error: error && { ...error, message: sentenceFor(error) },
      };
    }),
  };
}

/** Verdicts as all views show them, one entry a target; times scaled to one measurement of the baseline. */
function comparisonsOf({ run, read, times }: RunPresentation, trial: TrialView): object[] {
  return run.manifest.targets.flatMap((target) => {
    const changes = (['size', 'ratio', 'top1'] as const).map((metric) => read(metric, trial, target)?.change);
    const [size, latency, top1] = changes.map(
      (change) => change && { verdict: change.verdict, words: change.words, q: change.adjustedP },
    );
    const measured = trial.metrics.latency.find((candidate) => candidate.target === target);
    if (!size && !latency && !top1 && !measured) return [];
    const scaled = times(trial, target);
    return [
      { target, size, latency, top1, scaledP50Ms: scaled?.p50Ms, disturbed: disturbanceText(measured?.disturbance) },
    ];
  });
}
