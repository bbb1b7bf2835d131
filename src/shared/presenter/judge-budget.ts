import {
  formatBytes,
  formatDelta,
  formatInterval,
  formatNumber,
  formatRatio,
  percentDecimals,
  ratioDecimals,
  writtenDecimals,
} from '../format';
import type { Interval, LatencyMetrics } from '../metrics';
import type { RunView, TrialView } from '../run';
import { pairedVariance, settlingCount } from '../statistics/settling-count';
import type { Budget } from './budget';
import { deploymentOf, latencyOf, runtimeOf } from './deployment';
import { pointsBeyondP } from './points-test';
import { ratioBeyondP } from './ratio-test';
import { extraDecimals, positionOf, type Zone } from './zone';

/** Judged by the whole 95 % interval: inside the limit, across it, beyond it. What is not measured yet may pass. */
export type BudgetVerdict = 'passes' | 'may pass' | 'fails';

export interface CriterionJudgement {
  criterion: 'drop' | 'size' | 'time';
  verdict: BudgetVerdict;
  /** The measured value beside its limit: "top-1 −0.4 [−1.6, +0.8], limit −1". */
  text: string;
  /** How far it is from passing for certain: 0 where it passes; a point counts as much as a tenth of size or time. */
  missing: number;
  /** Evaluation images beyond those answered that would settle it with a chance of four in five, if the difference stays as it is. */
  moreImages?: number;
  /** One-sided p-value of "within the limit"; absent where the value is exact or not measured. */
  p?: number;
}

export interface TrialJudgement {
  verdict: BudgetVerdict;
  criteria: CriterionJudgement[];
  /** p-value of "within every limit": the largest of its criteria (Berger 1982, intersection-union test). */
  p?: number;
}

/** What a trial is to a budget, on a target. What the others are compared with loses nothing and takes all of its own time. */
export function judgeTrial(
  { sweep }: Pick<RunView, 'sweep'>,
  trial: TrialView,
  { maxDropPoints, maxBytes, maxLatencyRatio }: Budget,
  target: string,
): TrialJudgement {
  const runtime = runtimeOf({ sweep }, target);
  const measured = deploymentOf(trial, runtime);
  const isLacking = trial.lacking?.some(({ deployment }) => deployment === runtime) ?? false;
  const ended = isLacking || ['failed', 'cancelled', 'skipped'].includes(trial.status);
  const criteria = [
    maxDropPoints !== undefined && judgeDrop(trial, measured, maxDropPoints),
    maxBytes !== undefined && judgeSize(measured.sizeBytes, maxBytes),
    maxLatencyRatio !== undefined && judgeTime(trial, latencyOf(trial, target), maxLatencyRatio),
  ].filter((judgement) => judgement !== false);
  // What failed, or is not taken there, is not going to be measured.
  const judged = criteria.map((one) =>
    ended && one.missing === Infinity ? { ...one, verdict: 'fails' as const } : one,
  );
  const has = (verdict: BudgetVerdict): boolean => judged.some((one) => one.verdict === verdict);
  const pValues = judged.flatMap(({ p }) => (p === undefined ? [] : [p]));
  return {
    verdict: has('fails') ? 'fails' : has('may pass') ? 'may pass' : 'passes',
    criteria: judged,
    ...(pValues.length > 0 && { p: Math.max(...pValues) }),
  };
}

/** Where the whole interval has to lie, as a verdict. */
function verdictOf(interval: Interval, allowed: Zone): BudgetVerdict {
  const position = positionOf(interval, allowed);
  return position === 'inside' ? 'passes' : position === 'across' ? 'may pass' : 'fails';
}

const unmeasured = (criterion: CriterionJudgement['criterion'], text: string): CriterionJudgement => ({
  criterion,
  verdict: 'may pass',
  text,
  missing: Infinity,
});

function judgeDrop(
  { isBaseline }: TrialView,
  { top1, top1Delta, top1DeltaInterval, n = 0 }: ReturnType<typeof deploymentOf>,
  limit: number,
): CriterionJudgement {
  const criterion = 'drop';
  if (isBaseline) return { criterion, verdict: 'passes', text: 'loses nothing to itself', missing: 0 };
  if (top1Delta === undefined || !top1DeltaInterval) {
    const why = n > 0 && top1 === undefined ? 'top-1 is unknown without labels' : 'top-1 is not measured';
    return unmeasured(criterion, why);
  }
  const allowed: Zone = [-limit, Infinity];
  const verdict = verdictOf(top1DeltaInterval, allowed);
  const usual = percentDecimals(n);
  const decimals = usual + extraDecimals(top1DeltaInterval, allowed, () => usual);
  const interval = formatInterval(top1DeltaInterval, (end) => formatDelta(end, decimals));
  const total = settlingCount(pairedVariance(top1DeltaInterval, n), (top1Delta + limit) / 100);
  return {
    criterion,
    verdict,
    text: `top-1 ${formatDelta(top1Delta, decimals)} ${interval}, limit ${formatDelta(-limit, writtenDecimals(limit))}`,
    missing: Math.max(0, -limit - top1DeltaInterval[0]) / 10,
    ...(verdict === 'may pass' && { moreImages: Math.max(1, total - n) }),
    p: pointsBeyondP(top1DeltaInterval, -limit, 'above'),
  };
}

function judgeSize(sizeBytes: number | undefined, limit: number): CriterionJudgement {
  const criterion = 'size';
  if (sizeBytes === undefined) return unmeasured(criterion, 'size is not known yet');
  const [own, most] = [formatBytes(sizeBytes), formatBytes(limit)];
  // Two sizes that print alike are told apart by their bytes.
  const isAlike = own === most && sizeBytes !== limit;
  const [ownText, mostText] = isAlike ? [`${formatNumber(sizeBytes)} B`, `${formatNumber(limit)} B`] : [own, most];
  return {
    criterion,
    verdict: sizeBytes <= limit ? 'passes' : 'fails',
    text: `${ownText}, limit ${mostText}`,
    missing: Math.max(0, Math.log(sizeBytes / limit)),
  };
}

function judgeTime({ isBaseline }: TrialView, latency: LatencyMetrics | undefined, limit: number): CriterionJudgement {
  const criterion = 'time';
  if (isBaseline) {
    const missing = Math.max(0, -Math.log(limit));
    return {
      criterion,
      verdict: limit < 1 ? 'fails' : 'passes',
      text: `takes its own time, limit ×${formatPlain(limit)}`,
      missing,
    };
  }
  if (!latency) return unmeasured(criterion, 'time is not measured');
  const { ratio, ratioInterval, sessionRatios, referenceSessionRatios } = latency;
  const allowed: Zone = [0, limit];
  const extra = extraDecimals(ratioInterval, allowed, ratioDecimals);
  const interval = formatInterval(ratioInterval, (end) => formatNumber(end, ratioDecimals(end) + extra));
  return {
    criterion,
    verdict: verdictOf(ratioInterval, allowed),
    text: `${formatRatio(ratio, ratioDecimals(ratio) + extra)} ${interval}, limit ×${formatPlain(limit)}`,
    missing: Math.max(0, Math.log(ratioInterval[1] / limit)),
    p: sessionRatios
      ? ratioBeyondP(sessionRatios, limit, 'below', referenceSessionRatios)
      : pointsBeyondP([Math.log(ratioInterval[0]), Math.log(ratioInterval[1])], Math.log(limit), 'below'),
  };
}

/** A limit as it was given. */
const formatPlain = (value: number): string => String(Number(value.toPrecision(12)));
