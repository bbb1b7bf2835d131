import type { LayerReport } from '@shared/layers';
import { AppError } from '@shared/errors';
import { defaultTarget, type SweepFile } from '@shared/sweep-file';
import type { LayersJob } from '../jobs/job';
import type { Order } from '../jobs/order';
import { findRuntime } from '../runtimes/registry';
import type { Workspace } from '../store/workspace';
import type { Executor, JobEvents } from './executor';
import { LocalContents } from './local-contents';
import { checkFiles, referenceOf } from './missing-files';
import type { TrialPlan } from './plan';
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

/**
 * The layers of a finished trial beside those of its network, from the journal where they were asked for before. Measured in a worker of
 * its own, which waits for its turn beside a run.
 * Throws `run.not-found`, `artifact.collected`, `cancelled`, what opening the sweep throws and what the job throws.
 */
export async function trialLayers(
  run: string,
  trial: string,
  { workspace, executor, runs, machineId, prepare }: TrialLayersSources,
  events: JobEvents,
  signal: AbortSignal,
): Promise<LayerReport> {
  const { sweep, manifest } = runs.record(run);
  const plan = workspace.runs.trials<TrialPlan>(run).find((candidate) => candidate.id === trial)?.plan;
  if (!plan) throw new AppError('run.not-found', { run: `${run}: ${trial}`, path: workspace.folder });
  const reference = referenceOf(plan);
  const { sha256 } = manifest.models.find(({ name }) => name === plan.model)!;
  const images = [manifest.dataset.fingerprint, sweep.dataset.calibration, sweep.dataset.seed];
  const key = stepKey(
    'layers',
    stepVersions.layers,
    sha256,
    plan.artifact,
    reference,
    images,
    machineId,
    findRuntime(defaultTarget.runtime).version(),
  );
  const known = workspace.steps.find(key);
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
  workspace.steps.record({ key, kind: 'layers', result, notes: [], elapsedMs: Date.now() - started }, run);
  return result;
}
