import type {
  AccuracyMetrics,
  DeploymentMetrics,
  FileMetrics,
  LatencyMetrics,
  RuntimeAgreement,
  TrialMetrics,
} from '@shared/metrics';
import type { StepView, TrialView } from '@shared/run';
import { defaultTarget } from '@shared/sweep-file';
import { accuracyMetrics, type Predictions } from '../measure/accuracy/accuracy';
import { runtimeAgreement } from '../measure/accuracy/runtime-agreement';
import { collapseOf } from '../measure/explain/collapse';
import { publishedFor, type AppliedStep } from '../measure/explain/published';
import { collapseCauses } from '../techniques/explain-collapse';
import type { JobResults } from '../jobs/job';
import type { TrialRecord } from '../store/run-records';
import type { FinishedStep } from '../store/step-journal';
import type { Workspace } from '../store/workspace';
import { deploymentsOf, type Deployment, type TrialPlan } from './plan';
import type { StepState } from './trial-status';

/** Sources of a view beside the plan: the journal, and what a run under way knows. */
export interface ViewSources {
  workspace: Workspace;
  /** Keys the run computed itself; the other finished ones came from earlier runs. */
  computed: ReadonlySet<string>;
  stateOf?: (key: string) => StepState | undefined;
  calibrationImages: number;
  /** Path and size of an uncompressed model. */
  modelFile: (name: string) => { sha256: string; path: string; sizeBytes: number } | undefined;
}

/** A trial as people see it: metrics are derived from the results of its steps each time, so they cannot disagree with them. */
export function trialView(record: TrialRecord<TrialPlan>, sources: ViewSources): TrialView {
  const { plan } = record;
  const { workspace } = sources;
  const found = new Map(plan.steps.map((step) => [step.key, workspace.steps.find(step.key)]));
  const steps = plan.steps.map((step): StepView => {
    const finished = found.get(step.key);
    return {
      kind: step.kind,
      title: step.title,
      key: step.key,
      // A run under way knows best: it may compute anew what the journal has.
      status: sources.stateOf?.(step.key) ?? (finished ? 'done' : record.status === 'failed' ? 'failed' : 'waiting'),
      cached: finished !== undefined && !sources.computed.has(step.key),
      elapsedMs: finished?.elapsedMs,
      ...(finished?.stopped && { stopped: true }),
    };
  });
  const finished = [...found.values()].filter((step) => step !== undefined);
  const training = finished.flatMap(({ kind, result }) =>
    kind === 'compress' ? ((result as JobResults['compress']).training ?? []) : [],
  );
  const deployments = deploymentsOf(plan);
  const baseline = workspace.steps.find(deployments[0]!.baselineEvaluation);
  const metrics = metricsOf(finished, deployments, plan, workspace);
  return {
    id: plan.id,
    model: plan.model,
    recipe: plan.recipe,
    recipeText: plan.recipeText,
    isBaseline: plan.isBaseline,
    status: record.status,
    ...artifactOf(plan, sources),
    ...deployedOf(plan, deployments, workspace),
    ...(plan.lacking && { lacking: plan.lacking }),
    metrics,
    steps,
    notes: [...new Set([...finished.flatMap((step) => step.notes), ...damageNotes(plan, found, workspace)])],
    ...(training.length > 0 && { training }),
    collapsed: collapsedOf(plan, metrics, baseline, sources.calibrationImages),
    published: publishedFor(plan.model, appliedSteps(plan)),
    error: record.error,
    starred: record.starred,
    note: record.note || undefined,
  };
}

/** Of steps whose rows in the journal do not hold what was written there. */
const damageNotes = (plan: TrialPlan, found: ReadonlyMap<string, unknown>, { steps }: Workspace): string[] =>
  plan.steps
    .filter(({ key }) => found.get(key) === undefined && steps.isDamaged(key))
    .map(
      ({ kind, title }) =>
        `What the journal has of ${kind} ${title} is damaged: run the sweep again, which does that anew.`,
    );

function artifactOf(
  plan: TrialPlan,
  { workspace: { steps, artifacts }, modelFile }: ViewSources,
): Pick<TrialView, 'artifact' | 'collected'> {
  if ('model' in plan.artifact) return { artifact: modelFile(plan.artifact.model) };
  const step = steps.find(plan.artifact.step);
  if (!step?.artifact) return {};
  if (!artifacts.has(step.artifact)) return { collected: true };
  const { sizeBytes } = step.result as { sizeBytes: number };
  return { artifact: { sha256: step.artifact, path: artifacts.path(step.artifact), sizeBytes } };
}

/** Files in other formats than ONNX, each once: targets share them. */
function deployedOf(
  plan: TrialPlan,
  deployments: readonly Deployment[],
  { steps, artifacts }: Workspace,
): Pick<TrialView, 'deployed'> {
  const found = new Map<string, NonNullable<TrialView['deployed']>[number]>();
  for (const { format, file } of [...deployments, ...(plan.files ?? [])]) {
    const step = format !== 'onnx' && 'step' in file ? steps.find(file.step) : undefined;
    if (!step?.artifact || !artifacts.has(step.artifact, format)) continue;
    const { sizeBytes } = step.result as { sizeBytes: number };
    found.set(format, { format, sha256: step.artifact, path: artifacts.path(step.artifact, format), sizeBytes });
  }
  return found.size > 0 ? { deployed: [...found.values()] } : {};
}

/** Paired statistics of two stored evaluations; linear in the images, so kept for the next view. */
const accuracyCache = new Map<string, AccuracyMetrics>();

function accuracyOf(own: FinishedStep, baseline: FinishedStep | undefined): AccuracyMetrics {
  const key = `${own.key}/${baseline?.key ?? ''}`;
  let metrics = accuracyCache.get(key);
  if (!metrics) {
    metrics = accuracyMetrics(own.result as Predictions, baseline?.result as Predictions | undefined);
    if (accuracyCache.size > 500) accuracyCache.clear();
    accuracyCache.set(key, metrics);
  }
  return metrics;
}

function metricsOf(
  finished: readonly FinishedStep[],
  deployments: readonly Deployment[],
  plan: TrialPlan,
  workspace: Workspace,
): TrialMetrics {
  const byKey = new Map(finished.map((step) => [step.key, step]));
  const measured = deployments.map((deployment): DeploymentMetrics => {
    const { runtime, name = runtime, insteadOf, format, describe, evaluate, baselineEvaluation } = deployment;
    const own = byKey.get(evaluate);
    const baseline = plan.isBaseline ? undefined : workspace.steps.find(baselineEvaluation);
    const file = byKey.get(describe)?.result as FileMetrics | undefined;
    const { precision } = (own?.result ?? {}) as Partial<Predictions>;
    const usual = usualBeside(deployment, deployments);
    const beside = usual && besideOnnxRuntime(own, usual, byKey);
    return {
      runtime,
      name,
      ...(insteadOf !== undefined && { insteadOf }),
      format,
      ...(precision !== undefined && { precision }),
      ...file,
      ...(own ? accuracyOf(own, baseline) : {}),
      ...(beside && { besideOnnxRuntime: beside }),
    };
  });
  const { runtime: _runtime, name: _name, insteadOf: _insteadOf, format: _format, ...rest } = measured[0]!;
  const { precision: _precision, besideOnnxRuntime: _beside, ...first } = rest;
  const network = byKey.get(plan.network ?? '')?.result as FileMetrics | undefined;
  const counted = measured.find(({ params }) => params !== undefined) ?? network;
  const latency = finished.flatMap(({ kind, result }) => (kind === 'measure' ? [withoutTimes(result)] : []));
  const files = (plan.files ?? []).flatMap(({ format, describe }) => {
    const facts = byKey.get(describe)?.result as FileMetrics | undefined;
    return facts ? [{ format, ...facts }] : [];
  });
  const metrics: TrialMetrics = {
    ...countsOf(counted),
    ...first,
    deployments: measured,
    ...(files.length > 0 && { files }),
    latency,
  };
  const { sizeBytes, params } = metrics;
  if (sizeBytes !== undefined && params) metrics.bitsPerWeight = (8 * sizeBytes) / params;
  return metrics;
}

/** What the network holds, whatever file carries it. */
const countsOf = (file: Partial<FileMetrics> = {}): Partial<FileMetrics> =>
  Object.fromEntries(
    (['params', 'nonZeroParams', 'macs'] as const).flatMap((key) =>
      file[key] === undefined ? [] : [[key, file[key]]],
    ),
  );

/** Hundreds of numbers that only one panel shows: it asks for them. */
function withoutTimes(result: unknown): LatencyMetrics {
  const { times: _times, ...latency } = result as JobResults['measure'];
  return latency;
}

/** ONNX Runtime's deployment of the same artifact: on the same machine, else here; for itself elsewhere, the one here. */
function usualBeside({ runtime, on }: Deployment, deployments: readonly Deployment[]): Deployment | undefined {
  const usual = deployments.filter((one) => one.runtime === defaultTarget.runtime);
  const here = usual.find((one) => one.on === undefined);
  if (runtime === defaultTarget.runtime) return on === undefined ? undefined : here;
  return usual.find((one) => one.on === on) ?? here ?? usual[0];
}

const agreementCache = new Map<string, RuntimeAgreement>();

/** How the answers of a deployment lie to those of ONNX Runtime for the same artifact. */
function besideOnnxRuntime(
  own: FinishedStep | undefined,
  { name, runtime, describe, evaluate }: Deployment,
  finished: ReadonlyMap<string, FinishedStep>,
): RuntimeAgreement | undefined {
  const reference = finished.get(evaluate);
  if (!own || !reference || own === reference) return undefined;
  const step = (finished.get(describe)?.result as FileMetrics | undefined)?.outputStep;
  const key = `${own.key}/${reference.key}/${step ?? ''}`;
  let agreement = agreementCache.get(key);
  if (!agreement) {
    const [answers, usual] = [own.result as Predictions, reference.result as Predictions];
    agreement = { reference: name ?? runtime, ...runtimeAgreement(answers, usual, step) };
    if (agreementCache.size > 500) agreementCache.clear();
    agreementCache.set(key, agreement);
  }
  return agreement;
}

function appliedSteps({ steps }: TrialPlan): AppliedStep[] {
  return steps.flatMap(({ order }) => (order.kind === 'compress' ? [order] : []));
}

function collapsedOf(
  plan: TrialPlan,
  metrics: TrialMetrics,
  baseline: FinishedStep | undefined,
  calibrationImages: number,
): string | undefined {
  if (!baseline) return undefined;
  const steps = appliedSteps(plan);
  const { classes } = baseline.result as Predictions;
  const baselineTop1 = accuracyOf(baseline, undefined).top1;
  const causes = collapseCauses(steps, { starvedLayer: metrics.starvedLayer, calibrationImages });
  return collapseOf({ metrics, baselineTop1, classes, steps: steps.length, causes });
}
