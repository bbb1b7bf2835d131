import { AppError } from '@shared/errors';
import type { FlipReport } from '@shared/flips';
import { trialOfRun } from '@shared/trial-of-run';
import { classNamesOf } from '../dataset/map-classes';
import type { Predictions } from '../measure/accuracy/accuracy';
import { flipTable } from '../measure/accuracy/flips';
import { readCard } from '../models/card';
import type { Workspace } from '../store/workspace';
import { deploymentNamed, deploymentsOf, type Deployment, type TrialPlan } from './plan';
import type { RunManager } from './run-manager';

export interface FlipRequest {
  run: string;
  trial: string;
  /** The recipe it is compared with; absent: the network as it came. */
  against?: string | undefined;
  /** Absent: the first of the run. */
  runtime?: string | undefined;
}

export interface FlipSources {
  workspace: Workspace;
  runs: Pick<RunManager, 'record'>;
}

/**
 * Which images a trial answers differently than what it is compared with, in the same runtime, from the journal.
 * Throws `run.not-found`, `trial.not-found`, `run.no-recipe`, `trial.not-evaluated`.
 */
export async function trialFlips(request: FlipRequest, sources: FlipSources): Promise<FlipReport> {
  const { workspace, runs } = sources;
  const { name, manifest } = runs.record(request.run);
  const plans = workspace.runs.trials<TrialPlan>(request.run).map(({ plan }) => plan);
  const plan = trialOfRun(plans, request.run, request.trial);
  const own = deploymentIn(plan, request.runtime);
  const evaluated = (key: string, recipe: string): Predictions => {
    const step = workspace.steps.find(key);
    if (!step) throw new AppError('trial.not-evaluated', { model: plan.model, recipe, runtime: own.runtime });
    return step.result as Predictions;
  };
  const candidate = evaluated(own.evaluate, plan.recipe);
  const { against } = request;
  const rival = plans.find(({ model, recipe }) => model === plan.model && recipe === against);
  if (against !== undefined && !rival) {
    const recipes = plans.filter(({ model }) => model === plan.model).map(({ recipe }) => recipe);
    throw new AppError('run.no-recipe', { recipe: against, run: name, recipes: recipes.join(', ') });
  }
  const reference = evaluated(
    rival ? deploymentIn(rival, own.name ?? own.runtime).evaluate : own.baselineEvaluation,
    rival?.recipe ?? 'the baseline',
  );
  const path = manifest.models.find((model) => model.name === plan.model)?.path;
  const card = path === undefined ? undefined : await readCard(path).catch(() => undefined);
  const classNames = card && classNamesOf(card);
  return {
    reference: rival?.recipe ?? 'baseline',
    runtime: own.name ?? own.runtime,
    ...flipTable(candidate, reference),
    ...(classNames && { classNames: [...classNames] }),
  };
}

/** The first where the run has no such runtime: its answers are the trial's. */
function deploymentIn(plan: TrialPlan, runtime: string | undefined): Deployment {
  return (runtime === undefined ? undefined : deploymentNamed(plan, runtime)) ?? deploymentsOf(plan)[0]!;
}
