import type { LayerReport } from '@shared/layers';
import { AppError } from '@shared/errors';
import { defaultTarget, type SweepFile } from '@shared/sweep-file';
import { trialOfRun } from '@shared/trial-of-run';
import type { LayersJob } from '../jobs/job';
import type { Order } from '../jobs/order';
import { findRuntime } from '../runtimes/registry';
import type { RunRecord } from '../store/run-records';
import type { Workspace } from '../store/workspace';
import type { Executor, JobEvents } from './executor';
import { LocalContents } from './local-contents';
import { checkFiles, referenceOf } from './missing-files';
import type { FileReference, TrialPlan } from './plan';
import { contentOf } from './order-of-step';
import type { PreparedSweep } from './prepare-sweep';
import type { RunManager } from './run-manager';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';

/** The first calibration images are as good as any: they are drawn at random. */
const imagesTaken = 32;

export interface TrialLayersSources {
  workspace: Workspace;
  executor: Executor;
  runs: Pick<RunManager, 'record'>;
  machineId: string;
  /** Opens the models and images of the sweep. */
  prepare(sweep: SweepFile): Promise<PreparedSweep>;
}

type Ran = Pick<RunRecord, 'sweep' | 'manifest'>;

function keyOfLayers(
  plan: TrialPlan,
  { sweep, manifest }: Ran,
  machineId: string,
): { key: string; reference: FileReference; sha256: string } {
  const reference = referenceOf(plan);
  const { sha256 } = manifest.models.find(({ name }) => name === plan.model)!;
  const images = [manifest.dataset.fingerprint, sweep.dataset.calibration, sweep.dataset.seed];
  const runtimeVersion = findRuntime(defaultTarget.runtime).version();
  const kind = ['layers', stepVersions.layers] as const;
  const key = stepKey(...kind, sha256, plan.artifact, reference, images, machineId, runtimeVersion);
  return { key, reference, sha256 };
}

/** The layers of a run's trials that were asked for before, by trial id. */
export function knownLayers(run: RunRecord, workspace: Workspace, machineId: string): Map<string, LayerReport> {
  const found = workspace.runs.trials<TrialPlan>(run.id).flatMap(({ id, plan }) => {
    if (followsStopped(plan, workspace)) return [];
    const step = workspace.steps.find(keyOfLayers(plan, run, machineId).key);
    return step ? [[id, step.result as LayerReport] as const] : [];
  });
  return new Map(found);
}

/**
 * The layers of a finished trial beside those of its network, from the journal where they were asked for before. Measured in a worker of
 * its own, which waits for its turn beside a run.
 * Throws `run.not-found`, `trial.not-found`, `artifact.collected`, `cancelled`, what opening the sweep throws and what the job throws.
 */
export async function trialLayers(
  run: string,
  trial: string,
  { workspace, executor, runs, machineId, prepare }: TrialLayersSources,
  events: JobEvents,
  signal: AbortSignal,
): Promise<LayerReport> {
  const { sweep, manifest } = runs.record(run);
  const { plan } = trialOfRun(workspace.runs.trials<TrialPlan>(run), run, trial);
  const { key, reference, sha256 } = keyOfLayers(plan, { sweep, manifest }, machineId);
  const isStopped = followsStopped(plan, workspace);
  const known = isStopped ? undefined : workspace.steps.find(key);
  if (known) return known.result as LayerReport;
  checkFiles(plan, workspace);

  const { models, dataset } = await prepare(sweep);
  const model = models.get(plan.model)!;
  if (model.sha256 !== sha256) throw new AppError('model.changed', { path: model.path });
  if (dataset.fingerprint !== manifest.dataset.fingerprint)
    throw new AppError('content.missing', { what: 'images of this run', path: dataset.path });
  const context = { workspace, models };
  const contents = new LocalContents(workspace.folder);
  const entries = dataset.calibration.entries.slice(0, imagesTaken);
  const order: Order<LayersJob> = {
    kind: 'layers',
    original: await contents.addModel(model),
    reference: contentOf(reference, context),
    candidate: contentOf(plan.artifact, context),
    card: model.card,
    calibration: await contents.addImages({ ...dataset.calibration, entries }),
    threads: executor.threads,
  };
  const started = Date.now();
  const result = await executor.run(order, events, signal);
  const elapsedMs = Date.now() - started;
  if (!isStopped) workspace.steps.record({ key, kind: 'layers', result, notes: [], elapsedMs }, run);
  return result;
}

/** Whether its file is that of a training that was stopped by hand: what is found out of it is not that of the keys in its plan. */
const followsStopped = ({ steps }: TrialPlan, { steps: journal }: Workspace): boolean =>
  steps.some(({ key, kind }) => kind === 'compress' && journal.find(key)?.stopped !== undefined);
