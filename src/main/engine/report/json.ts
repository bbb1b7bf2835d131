import { sentenceFor } from '@shared/errors';
import { disturbanceText } from '@shared/presenter/disturbance';
import { presentRun, type RunPresentation } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';

/** The whole result as plain data, the same on the command line, in files and for other tools. Units are in the names. */
export function jsonReport(run: RunView): object {
  const presentation = presentRun(run);
  return {
    run: run.id,
    name: run.name,
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    manifest: run.manifest,
    sweep: run.sweep,
    comparedWith: run.against,
    trials: run.trials.map((trial) => ({
      model: trial.model,
      recipe: trial.recipe,
      steps: trial.recipeText,
      status: trial.status,
      artifact: trial.artifact?.path,
      artifactSha256: trial.artifact?.sha256,
      metrics: trial.metrics,
      comparisons: comparisonsOf(presentation, trial),
      computedSteps: trial.steps.filter((step) => step.status === 'done' && !step.cached).length,
      cachedSteps: trial.steps.filter((step) => step.cached).length,
      collapsed: trial.collapsed,
      published: trial.published,
      notes: trial.notes,
      error: trial.error && { code: trial.error.code, message: sentenceFor(trial.error) },
    })),
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
