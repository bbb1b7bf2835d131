import { sentenceFor } from '@shared/errors';
import type { RunView } from '@shared/run';

/** The whole result as plain data, the same on the command line, in files and for other tools. Units are in the names. */
export function jsonReport(run: RunView): object {
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
      computedSteps: trial.steps.filter((step) => step.status === 'done' && !step.cached).length,
      cachedSteps: trial.steps.filter((step) => step.cached).length,
      collapsed: trial.collapsed,
      published: trial.published,
      notes: trial.notes,
      error: trial.error && { code: trial.error.code, message: sentenceFor(trial.error) },
    })),
  };
}
