import { statSync } from 'node:fs';
import { AppError } from '@shared/errors';
import type { LiveDeployment, LiveModel } from '@shared/live/session';
import { deploymentName, targetName, type Target } from '@shared/sweep-file';
import { trialOfRun } from '@shared/trial-of-run';
import type { Engine } from './create-engine';
import type { SideOrder } from './live/side-protocol';
import type { CardChoice } from './models/card';
import { locateModel, openAnyModel, openModel } from './models/model-folder';
import { checkTarget } from './runtimes/check-target';
import { findRuntime } from './runtimes/registry';
import { checkFiles } from './sweep/missing-files';
import { deploymentsOf, type TrialPlan } from './sweep/plan';

/** A side to open, and what it is called. */
export interface NamedSide {
  /** "resnet50 int8" */
  name: string;
  sizeBytes: number;
  order: SideOrder;
}

type Sources = Pick<Engine, 'workspace' | 'runs' | 'modelFolder'>;

/**
 * Finds the file that a deployment runs: a model where it lies, or what a trial left, in the format of the target's runtime.
 * @param choice of preprocessing, for a model without a card
 * Throws `target.unknown`, `target.unusable`, `live.format`, `run.not-found`, `artifact.collected`, and as `openModel`.
 */
export async function liveSide(
  { model, target }: LiveDeployment,
  sources: Sources,
  choice?: CardChoice,
): Promise<NamedSide> {
  await checkTarget(target);
  if ('run' in model) return trialSide(model, target, sources);
  const opened = await openAnyModel(locateModel(model.path, sources.modelFolder()), choice);
  const { name, path: modelPath, sizeBytes, card } = opened;
  if (findRuntime(target.runtime).format !== opened.format) throw notThere(name, target);
  return { name, sizeBytes, order: { modelPath, card, target } };
}

async function trialSide(
  { run, trial }: Extract<LiveModel, { run: string }>,
  target: Target,
  { workspace, runs }: Sources,
): Promise<NamedSide> {
  const { manifest } = runs.record(run);
  const { plan } = trialOfRun(workspace.runs.trials<TrialPlan>(run), run, trial);
  const from = manifest.models.find(({ name }) => name === plan.model);
  if (!from) throw new AppError('model.not-found', { name: plan.model });
  checkFiles(plan, workspace);
  const parent = await openModel(from.path);
  if (parent.sha256 !== from.sha256) throw new AppError('model.changed', { path: from.path });
  const name = `${plan.model} ${plan.recipe}`;
  const { format } = findRuntime(target.runtime);
  const deployments = deploymentsOf(plan);
  const same =
    deployments.find((one) => one.name === deploymentName(target)) ??
    deployments.find(({ runtime }) => runtime === target.runtime);
  const deployed = same ?? [...deployments, ...(plan.files ?? [])].find((one) => one.format === format);
  const file = deployed?.file ?? plan.artifact;
  const found = 'model' in file ? 'onnx' : (file.format ?? 'onnx');
  if (found !== format) throw notThere(name, target);
  const { card, sizeBytes } = parent;
  if ('model' in file) return { name, sizeBytes, order: { modelPath: parent.path, card, target } };
  const sha256 = workspace.steps.find(file.step)?.artifact;
  if (sha256 === undefined) throw new AppError('live.unfinished', { trial });
  const modelPath = workspace.artifacts.path(sha256, found);
  if (!(await workspace.artifacts.isWhole(sha256, found))) throw new AppError('artifact.damaged', { path: modelPath });
  return { name, sizeBytes: statSync(modelPath).size, order: { modelPath, card, target } };
}

function notThere(model: string, target: Target): AppError {
  const { format } = findRuntime(target.runtime);
  return new AppError('live.format', { model, format, target: targetName(target) });
}
