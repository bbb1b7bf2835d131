import {
  formatBytes,
  formatCounted,
  formatDelta,
  formatInterval,
  formatNumber,
  formatRatio,
  percentDecimals,
  ratioDecimals,
} from '../format';
import type { Interval } from '../metrics';
import type { AnswerPair, RunComparison, TimePair, TrialPair } from '../run-comparison';
import { adjustFamilywise } from '../statistics/familywise';
import { pointsBeyondP } from './points-test';
import { ratioBeyondP } from './ratio-test';
import { extraDecimals, positionOf, type Zone } from './zone';

/** What a candidate run may be worse than its reference at most; an absent limit is not checked. */
export interface GateLimits {
  /** Percentage points of top-1. */
  maxDropPoints?: number;
  /** Share of the time: 0.05 is 5 % slower. */
  maxSlowdown?: number;
  /** Share of the bytes. */
  maxGrowth?: number;
}

/** `unsure`: the interval lies across the limit, or something was not measured in both runs. */
export type GateOutcome = 'holds' | 'unsure' | 'broken';

/** One limit on one trial. */
export interface GateCheck {
  model: string;
  /** "int8: top-1", "int8: time on ort-cpu x1". */
  name: string;
  outcome: GateOutcome;
  sentence: string;
}

interface Candidate extends GateCheck {
  /** One-sided p-value of "beyond the limit". */
  p?: number;
}

/** Half of 5 %: the share of one end of a 95 % interval. */
const oneEnd = 0.025;

/**
 * Every limit on every trial of the candidate, by the ends of 95 % intervals. A limit is broken where the whole interval lies beyond it
 * and the p-value of that, adjusted for all checks by Holm, is at most 2.5 %: a gate of a hundred checks must not fail by chance.
 */
export function gateChecks(comparison: RunComparison, limits: GateLimits): GateCheck[] {
  const checks = comparison.pairs.flatMap((pair): Candidate[] => [
    ...failureCheck(pair),
    ...(limits.maxDropPoints === undefined ? [] : answerChecks(pair, limits.maxDropPoints)),
    ...(limits.maxSlowdown === undefined ? [] : timeChecks(pair, limits.maxSlowdown)),
    ...(limits.maxGrowth === undefined ? [] : [sizeCheck(pair, limits.maxGrowth)]),
  ]);
  const adjusted = adjustFamilywise(checks.flatMap(({ p }) => (p === undefined ? [] : [p])));
  let next = 0;
  const judged = checks.map(({ p, ...check }): GateCheck => {
    const isChance = p !== undefined && adjusted[next++]! > oneEnd;
    if (check.outcome !== 'broken' || !isChance) return check;
    const sentence = `${check.sentence}; by its own interval beyond, but among ${formatCounted(adjusted.length, 'check')} that can be chance`;
    return { ...check, outcome: 'unsure', sentence };
  });
  return [...judged, ...comparison.onlyReference.map(missingCheck)];
}

/** What worked and does not any more is a fact, whatever the limits are. */
function failureCheck(pair: TrialPair): Candidate[] {
  if (pair.candidate.status !== 'failed' || pair.reference.status !== 'done') return [];
  const sentence = 'it failed, and was done in the run that this one is held against';
  return [{ ...unsure(pair, 'result', sentence), outcome: 'broken' }];
}

function missingCheck(id: string): GateCheck {
  const at = id.indexOf('/');
  const sentence = 'it is only in the run that this one is held against';
  return { model: id.slice(0, at), name: `${id.slice(at + 1)}: missing`, outcome: 'unsure', sentence };
}

const outcomes = { inside: 'holds', across: 'unsure', above: 'broken', below: 'broken' } as const;
const outcomeOf = (interval: Interval, allowed: Zone): GateOutcome => outcomes[positionOf(interval, allowed)];
const unsure = ({ model, candidate }: TrialPair, what: string, sentence: string): Candidate => ({
  model,
  name: `${candidate.recipe}: ${what}`,
  outcome: 'unsure',
  sentence,
});

function answerChecks(pair: TrialPair, limit: number): Candidate[] {
  if (pair.answers.length === 0) return [unsure(pair, 'top-1', 'top-1 was not measured in both runs')];
  return pair.answers.map((answers) => answerCheck(pair, answers, limit));
}

function answerCheck({ model, candidate, answers }: TrialPair, measured: AnswerPair, limit: number): Candidate {
  const { difference, interval, isPaired, n, runtime } = measured;
  const where = answers.length > 1 && runtime !== undefined ? ` in ${runtime}` : '';
  const allowed: Zone = [-limit, Infinity];
  const usual = percentDecimals(n);
  const decimals = usual + extraDecimals(interval, allowed, () => usual);
  const shown = formatInterval(interval, (end) => formatDelta(end, decimals));
  const basis = `${formatNumber(n)} ${isPaired ? 'images, paired' : 'images each, not the same ones'}`;
  return {
    model,
    name: `${candidate.recipe}: top-1${where}`,
    outcome: outcomeOf(interval, allowed),
    sentence: `top-1 ${formatDelta(difference, decimals)} points ${shown} (${basis}), limit ${plain(-limit)}`,
    p: pointsBeyondP(interval, -limit, 'below'),
  };
}

function timeChecks(pair: TrialPair, limit: number): Candidate[] {
  if (pair.isBaseline) return pair.times.map((time) => baselineCheck(pair, time));
  if (pair.times.length === 0) return [unsure(pair, 'time', 'time was not measured on one target in both runs')];
  return pair.times.map((time) => timeCheck(pair, time, limit));
}

/** Baselines are what times are relative to: their own can only be put beside each other. */
function baselineCheck(
  { model, candidate }: TrialPair,
  { target, reference, candidate: own, isSameSetting }: TimePair,
): Candidate {
  const [before, after] = [reference.p50Ms, own.p50Ms].map((ms) => `${formatNumber(ms, 2)} ms`);
  const times = isSameSetting ? `: ${before} then, ${after} now, not interleaved` : '';
  const sentence = `the baseline is what times are relative to and is not checked itself${times}`;
  return { model, name: `${candidate.recipe}: time on ${target}`, outcome: 'holds', sentence };
}

function timeCheck(pair: TrialPair, measured: TimePair, limit: number): Candidate {
  const { target, quotient, isSameMeasurement, candidate, reference } = measured;
  const what = `time on ${target}`;
  if (isSameMeasurement)
    return { ...unsure(pair, what, 'both runs show one and the same measurement'), outcome: 'holds' };
  if (!quotient) return unsure(pair, what, 'the baselines of the two runs are not one file');
  const allowed: Zone = [0, 1 + limit];
  const { ratio, ratioInterval, sessionRatios, referenceSessionRatios } = quotient;
  const extra = extraDecimals(ratioInterval, allowed, ratioDecimals);
  const shown = formatInterval(ratioInterval, (end) => formatNumber(end, ratioDecimals(end) + extra));
  const disturbed = (candidate.disturbed ?? reference.disturbed) ? '; other work disturbed it' : '';
  return {
    model: pair.model,
    name: `${pair.candidate.recipe}: ${what}`,
    outcome: outcomeOf(ratioInterval, allowed),
    sentence: `time ${formatRatio(ratio, ratioDecimals(ratio) + extra)} ${shown}, each beside its own baseline, limit ×${plain(1 + limit)}${disturbed}`,
    ...(sessionRatios && { p: ratioBeyondP(sessionRatios, 1 + limit, 'above', referenceSessionRatios) }),
  };
}

function sizeCheck(pair: TrialPair, limit: number): Candidate {
  const [before, after] = [pair.reference.sizeBytes, pair.candidate.sizeBytes];
  if (before === undefined || after === undefined) return unsure(pair, 'size', 'the size is not known in both runs');
  return {
    model: pair.model,
    name: `${pair.candidate.recipe}: size`,
    outcome: after <= before * (1 + limit) ? 'holds' : 'broken',
    sentence: `size ${formatBytes(after)} (${formatNumber(after)} B) after ${formatNumber(before)} B, limit ×${plain(1 + limit)}`,
  };
}

const plain = (value: number): string =>
  formatNumber(value, (Number(value.toFixed(6)).toString().split('.')[1] ?? '').length);

/** What a gate says in the end. @param isStrict what cannot be told counts as broken */
export function gateFails(checks: readonly GateCheck[], isStrict: boolean): boolean {
  return checks.some(({ outcome }) => outcome === 'broken' || (isStrict && outcome === 'unsure'));
}
