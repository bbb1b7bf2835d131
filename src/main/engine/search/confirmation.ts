import { AppError } from '@shared/errors';
import type { FileMetrics, LatencyMetrics } from '@shared/metrics';
import type { SweepFile } from '@shared/sweep-file';
import { canonicalJson } from '../jobs/step-key';
import { pairedAnswers, type Predictions } from '../measure/accuracy/accuracy';
import type { RunRecord } from '../store/run-records';
import { missingFiles } from '../sweep/missing-files';
import type { TrialPlan } from '../sweep/plan';
import type { PreparedSweep } from '../sweep/prepare-sweep';
import type { Evidence } from './evidence';
import { planCandidate, type Candidate, type PlanSettings } from './plan-candidate';
import { isFinished } from './trial-evidence';
import type { Bench } from './trial-laboratory';

export interface Confirmed {
  run: string;
  evidence: Map<Candidate, Evidence>;
  /** Percent on the confirmation images. */
  top1: Map<Candidate, number>;
  /** Confirmations of the same search before this one. */
  looks: number;
}

/**
 * Measures what was chosen anew, as an ordinary run on images that took no part in choosing: answers on the confirmation half, and times in
 * other sessions than those that chose. The same choice again is the same run.
 * @param deadline when it ends with what is there, milliseconds since 1970
 * @param prepared the sweep of the network and the chosen chains on the confirmation images
 * Throws `cancelled` and what the run throws.
 */
export async function confirm(
  chosen: readonly Candidate[],
  prepared: PreparedSweep,
  settings: PlanSettings,
  { workspace, runs, signal, deadline }: Bench & { deadline?: number },
): Promise<Confirmed> {
  const { network } = settings;
  const baseline: Candidate = { name: 'baseline', model: network, chain: [] };
  const planOf = (candidate: Candidate): TrialPlan => planCandidate(candidate, prepared.dataset.eval, settings);
  const plans = new Map(chosen.map((candidate) => [candidate, planOf(candidate)]));
  const trials = [planOf(baseline), ...plans.values()];
  const stage = { ...prepared, trials };
  const { manifest } = prepared;
  const earlier = workspace.runs
    .list()
    .filter((record) => isOfSearch(record, prepared))
    .reverse();
  const same = earlier.find((record) => record.manifest.sweepSha256 === manifest.sweepSha256);
  const missing = trials.flatMap((plan) => missingFiles(plan, workspace));
  const isDone =
    same !== undefined && missing.length === 0 && trials.every((plan) => isFinished(plan, workspace.steps));
  let run = same?.id;
  if (!isDone) {
    const started = same ? runs.resume(same.id, stage, { again: missing, deadline }) : runs.start(stage, deadline);
    const cancel = (): void => runs.control(started.id).cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    await started.finished.finally(() => signal.removeEventListener('abort', cancel));
    if (signal.aborted) throw new AppError('cancelled');
    run = started.id;
  }

  const { steps } = workspace;
  const resultOf = <T>(key: string): T | undefined => steps.find(key)?.result as T | undefined;
  const networkAnswers = resultOf<Predictions>(trials[0]!.deployments[0]!.evaluate);
  const evidence = new Map<Candidate, Evidence>();
  const top1 = new Map<Candidate, number>();
  for (const [candidate, plan] of plans) {
    const answers = resultOf<Predictions>(plan.deployments[0]!.evaluate);
    const file = resultOf<FileMetrics>(plan.deployments[0]!.describe);
    const measured = plan.steps.find(({ kind }) => kind === 'measure');
    const latency = measured && resultOf<LatencyMetrics>(measured.key);
    // What failed here is not confirmed.
    if (!answers || !networkAnswers || !file || (measured && !latency)) continue;
    const { counts } = pairedAnswers(answers, networkAnswers);
    evidence.set(candidate, {
      sizeBytes: file.sizeBytes,
      ...(latency && { latency: { ratio: latency.ratio, ratioInterval: latency.ratioInterval } }),
      expectedRatio: latency?.ratio ?? 1,
      counts,
    });
    const right = answers.labels.filter((label, row) => label >= 0 && answers.topK[row]?.[0] === label).length;
    top1.set(candidate, (100 * right) / Math.max(1, answers.labels.filter((label) => label >= 0).length));
  }
  const looks = same ? earlier.indexOf(same) : earlier.length;
  return { run: run!, evidence, top1, looks };
}

/** Whether a run confirmed choices of the same search: all but the chains is alike. */
function isOfSearch({ sweep, manifest }: RunRecord, prepared: PreparedSweep): boolean {
  const of = (one: SweepFile, { models, dataset }: RunRecord['manifest']): string =>
    canonicalJson([{ ...one, recipes: {} }, models.map(({ sha256 }) => sha256), dataset.fingerprint]);
  return of(sweep, manifest) === of(prepared.sweep, prepared.manifest);
}
