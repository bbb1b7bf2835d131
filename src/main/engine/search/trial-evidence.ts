import type { FileMetrics, LatencyMetrics } from '@shared/metrics';
import { pairedAnswers, type Predictions } from '../measure/accuracy/accuracy';
import { median } from '@shared/statistics/percentile';
import type { StepJournal } from '../store/step-journal';
import type { TrialPlan } from '../sweep/plan';
import { findTechnique } from '../techniques/registry';
import type { Evidence } from './evidence';

/** Whether the journal has the result of every step. */
export function isFinished(plan: TrialPlan, journal: StepJournal): boolean {
  return plan.steps.every(({ key }) => journal.has(key));
}

/** Answers on disjoint sets of images as those on all of them. */
export function mergedAnswers(parts: readonly Predictions[]): Predictions {
  return {
    n: parts.reduce((sum, { n }) => sum + n, 0),
    classes: parts[0]!.classes,
    topK: parts.flatMap(({ topK }) => topK),
    labels: parts.flatMap(({ labels }) => labels),
    hashes: parts.flatMap(({ hashes }) => hashes),
    skipped: parts.reduce((sum, { skipped }) => sum + skipped, 0),
  };
}

/** What the finished steps of a trial say of it. */
export function evidenceOf(
  plan: TrialPlan,
  journal: StepJournal,
  answers: Predictions,
  baseline: Predictions,
  times: ExpectedTimes,
): Evidence {
  const file = journal.find(plan.deployments[0]!.describe)!.result as FileMetrics;
  const measured = plan.steps.find(({ kind }) => kind === 'measure');
  const latency = measured && (journal.find(measured.key)?.result as LatencyMetrics | undefined);
  if (latency) times.learn(plan, file.macs, latency.ratio);
  const { counts, matched, agreeing } = pairedAnswers(answers, baseline);
  return {
    sizeBytes: file.sizeBytes,
    ...(latency && { latency: { ratio: latency.ratio, ratioInterval: latency.ratioInterval } }),
    // Asked for each time: more is known of the times of others by then.
    get expectedRatio() {
      return latency?.ratio ?? times.expected(plan, file.macs);
    },
    ...(counts.n > 0 ? { counts } : { disagreement: (100 * (matched - agreeing)) / Math.max(1, matched) }),
  };
}

/** Times that were not measured, by those that were: in proportion to MACs among chains that calculate with the same kernels. */
export class ExpectedTimes {
  /** By trial: the same one is met on every rung. */
  private readonly learned = new Map<string, { kernels: string; factor: number }>();

  constructor(private readonly networkMacs: number) {}

  learn(plan: TrialPlan, macs: number, ratio: number): void {
    this.learned.set(plan.id, { kernels: kernelsOf(plan), factor: ratio / this.share(macs) });
  }

  /** Whether the factor of its kernels is measured; those of the float network are known. */
  knows(plan: TrialPlan): boolean {
    const kernels = kernelsOf(plan);
    return kernels === floatKernels || [...this.learned.values()].some((known) => known.kernels === kernels);
  }

  expected(plan: TrialPlan, macs: number): number {
    const kernels = kernelsOf(plan);
    const factors = [...this.learned.values()].filter((known) => known.kernels === kernels).map(({ factor }) => factor);
    return this.share(macs) * (factors.length > 0 ? median(factors) : 1);
  }

  private share(macs: number): number {
    return macs > 0 && this.networkMacs > 0 ? macs / this.networkMacs : 1;
  }
}

const floatKernels = 'float';

/** The technique that decides the arithmetic. */
export function kernelsOf({ steps }: TrialPlan): string {
  const applied = steps.flatMap(({ order }) => (order.kind === 'compress' ? [order.technique] : []));
  return applied.findLast((id) => findTechnique(id).search?.place === 'integers') ?? floatKernels;
}
