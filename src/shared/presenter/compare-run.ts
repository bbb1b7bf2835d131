import type { Interval, LatencyMetrics, RatioMetrics } from '../metrics';
import type { RunView, TrialView } from '../run';
import { adjustForDiscoveries } from '../statistics/false-discovery';
import { comparePoints, compareRatio, controlRatio, type Comparison } from './comparison';
import { deploymentOf, runtimesOf } from './deployment';
import { pointsOutsideZoneP } from './points-test';
import { ratioOutsideZoneP } from './ratio-test';
import { rememberLast } from './remember-last';
import { indifferenceOf, zoneOfTime, zoneOfTop1 } from './zone';

/** Every measured difference of a run with its verdict. Sizes need none of this: they are exact. */
export interface RunComparisons {
  /** The trial's time on a target, against what its run is compared with. */
  latency: (trial: TrialView, target: string) => Comparison | undefined;
  /** As `latency`, of its energy. */
  energy: (trial: TrialView, target: string) => Comparison | undefined;
  /** The trial's top-1 in a runtime; undefined: the only one. */
  top1: (trial: TrialView, runtime: string | undefined) => Comparison | undefined;
  /** How many p-values each kind was adjusted for. */
  among: { latency: number; energy: number; top1: number };
}

const keyOf = (...parts: (string | undefined)[]): string => parts.join('\n');

/** Verdicts depend on all comparisons of a run, also those that are not on the screen: hiding a row makes no other one clear. */
export function compareRun(run: RunView): RunComparisons {
  const times = compareRatios(run, (latency) => latency);
  const energies = compareRatios(run, ({ energy }) => energy?.comparison);
  const points = compareTop1(run);
  return {
    latency: (trial, target) => times.found.get(keyOf(trial.id, target)),
    energy: (trial, target) => energies.found.get(keyOf(trial.id, target)),
    top1: (trial, runtime) =>
      points.found.get(keyOf(trial.id, runtime)) ?? points.found.get(keyOf(trial.id, undefined)),
    among: { latency: times.among, energy: energies.among, top1: points.among },
  };
}

interface Found {
  found: Map<string, Comparison>;
  among: number;
}

/** Adjusts the p-values that exist; the others stay undefined. */
function adjusted(pValues: readonly (number | undefined)[]): { values: (number | undefined)[]; among: number } {
  const known = pValues.filter((p) => p !== undefined);
  const results = adjustForDiscoveries(known);
  let next = 0;
  return { values: pValues.map((p) => (p === undefined ? undefined : results[next++])), among: known.length };
}

const ratioP = rememberLast(
  ({ sessionRatios, referenceSessionRatios }: RatioMetrics, margin: number) =>
    sessionRatios && ratioOutsideZoneP(sessionRatios, margin, referenceSessionRatios),
);

const judgedRatio = rememberLast(
  ({ ratio, ratioInterval }: RatioMetrics, low: number, high: number, adjustedP: number | undefined, among: number) =>
    compareRatio({ value: ratio, interval: ratioInterval, adjustedP, among }, [low, high]),
);

/** Of one kind: times, or energies. What is of no consequence of a time is of none of an energy. */
function compareRatios(run: RunView, ratioOf: (latency: LatencyMetrics) => RatioMetrics | undefined): Found {
  const indifference = indifferenceOf(run);
  const [low, high] = zoneOfTime(indifference);
  const found = new Map<string, Comparison>();
  const measured = run.trials.flatMap((trial) =>
    trial.metrics.latency.flatMap((latency) => {
      const ratio = ratioOf(latency);
      return ratio ? [{ trial, ratio, key: keyOf(trial.id, latency.target) }] : [];
    }),
  );
  const compared = measured.filter(({ trial }) => !trial.isBaseline);
  const { values, among } = adjusted(compared.map(({ ratio }) => ratioP(ratio, indifference.time)));
  compared.forEach(({ key, ratio }, index) => {
    found.set(key, judgedRatio(ratio, low, high, values[index], among));
  });
  for (const { trial, key, ratio } of measured) {
    // A recipe that the others are compared with was never measured beside itself.
    if (trial.isBaseline && run.against === undefined) found.set(key, controlRatio(ratio.ratio, ratio.ratioInterval));
  }
  return { found, among };
}

const judgedPoints = rememberLast(
  (
    interval: Interval,
    value: number,
    low: number,
    high: number,
    n: number,
    adjustedP: number | undefined,
    among: number,
  ) => comparePoints({ value, interval, adjustedP, among }, [low, high], n),
);

function compareTop1(run: RunView): Found {
  const indifference = indifferenceOf(run);
  const [low, high] = zoneOfTop1(indifference);
  const compared = run.trials.flatMap((trial) => {
    if (trial.isBaseline) return [];
    const runtimes = trial.metrics.deployments ? runtimesOf(run) : [undefined];
    return runtimes.flatMap((runtime) => {
      const { top1Delta, top1DeltaInterval, mcnemarP, n = 0 } = deploymentOf(trial, runtime);
      if (top1Delta === undefined || !top1DeltaInterval) return [];
      const p = pointsOutsideZoneP({ top1DeltaInterval, mcnemarP }, indifference.top1);
      return [{ key: keyOf(trial.id, runtime), value: top1Delta, interval: top1DeltaInterval, n, p }];
    });
  });
  const { values, among } = adjusted(compared.map(({ p }) => p));
  const found = new Map(
    compared.map(({ key, value, interval, n }, index) => [
      key,
      judgedPoints(interval, value, low, high, n, values[index], among),
    ]),
  );
  return { found, among };
}
