import { adjustForDiscoveries } from '../statistics/false-discovery';
import type { AnswerPair, RunComparison, TimePair, TrialPair } from '../run-comparison';
import { compareExact, comparePoints, compareRatio, type Comparison } from './comparison';
import { pointsOutsideZoneP } from './points-test';
import { ratioOutsideZoneP } from './ratio-test';
import { zoneOfTime, zoneOfTop1 } from './zone';

/** A pair of trials with its verdicts; a change is candidate against reference. */
export interface JudgedPair {
  pair: TrialPair;
  size?: Comparison;
  answers: { measured: AnswerPair; change: Comparison }[];
  /** Without a change: the baselines themselves, or one measurement that both runs show. */
  times: { measured: TimePair; change?: Comparison }[];
  /** Something of it is clearly another one, or it is another recipe. */
  differs: boolean;
}

/** Every pair with its verdicts, adjusted for all comparisons of their kind (Benjamini and Hochberg), as within a run. */
export function judgePairs({ pairs, indifference }: Pick<RunComparison, 'pairs' | 'indifference'>): JudgedPair[] {
  const answers = pairs.flatMap((pair) => pair.answers);
  const times = pairs.flatMap((pair) => pair.times.filter(isCompared));
  const answerChanges = changesOf(
    answers.map(({ interval, mcnemarP }) =>
      pointsOutsideZoneP({ top1DeltaInterval: interval, mcnemarP }, indifference.top1),
    ),
    (index, adjustedP, among) => {
      const { difference, interval, n } = answers[index]!;
      return comparePoints({ value: difference, interval, adjustedP, among }, zoneOfTop1(indifference), n);
    },
  );
  const timeChanges = changesOf(
    times.map(
      ({ quotient: { sessionRatios, referenceSessionRatios } }) =>
        sessionRatios && ratioOutsideZoneP(sessionRatios, indifference.time, referenceSessionRatios),
    ),
    (index, adjustedP, among) => {
      const { ratio, ratioInterval } = times[index]!.quotient;
      return compareRatio({ value: ratio, interval: ratioInterval, adjustedP, among }, zoneOfTime(indifference));
    },
  );
  const answerChange = new Map(answers.map((measured, index) => [measured, answerChanges[index]!]));
  const timeChange = new Map<TimePair, Comparison>(times.map((measured, index) => [measured, timeChanges[index]!]));
  return pairs.map((pair) => {
    const { candidate, reference } = pair;
    const size = candidate.sizeBytes === undefined ? undefined : compareExact(candidate.sizeBytes, reference.sizeBytes);
    const judged = {
      pair,
      ...(size && { size }),
      answers: pair.answers.map((measured) => ({ measured, change: answerChange.get(measured)! })),
      times: pair.times.map((measured) => {
        const change = timeChange.get(measured);
        return { measured, ...(change && { change }) };
      }),
    };
    const changes = [
      judged.size,
      ...judged.answers.map(({ change }) => change),
      ...judged.times.map(({ change }) => change),
    ];
    const isOther = candidate.recipeText !== reference.recipeText || candidate.status !== reference.status;
    const differs = isOther || changes.some((change) => change?.verdict === 'gain' || change?.verdict === 'loss');
    return { ...judged, differs };
  });
}

type ComparedTime = TimePair & Required<Pick<TimePair, 'quotient'>>;
const isCompared = (time: TimePair): time is ComparedTime => time.quotient !== undefined && !time.isSameMeasurement;

function changesOf(
  pValues: readonly (number | undefined)[],
  compare: (index: number, adjustedP: number | undefined, among: number) => Comparison,
): Comparison[] {
  const known = pValues.filter((p) => p !== undefined);
  const adjusted = adjustForDiscoveries(known);
  let next = 0;
  return pValues.map((p, index) => compare(index, p === undefined ? undefined : adjusted[next++], known.length));
}
