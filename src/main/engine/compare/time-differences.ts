import type { LatencyMetrics } from '@shared/metrics';
import { disturbanceText } from '@shared/presenter/disturbance';
import type { PairedTime, TimePair, TimeQuotient } from '@shared/run-comparison';
import type { RunView, TrialView } from '@shared/run';
import { quotient } from '@shared/statistics/ratio-quotient';
import { machineOf } from '@shared/presenter/machines-of-run';
import { targetName } from '@shared/sweep-file';
import { runtimeVersion } from './runtime-version';

export interface TimedTrial {
  run: RunView;
  trial: TrialView;
}

/**
 * Times of two trials on the targets that both were measured on. Each was measured beside its own baseline, so what is compared is
 * ratio over ratio: the machine's state of that day cancels out. It says nothing where the baselines are not one file.
 */
export function timeDifferences(candidate: TimedTrial, reference: TimedTrial): TimePair[] {
  const isSameBaseline = baselineHash(candidate) === baselineHash(reference);
  return candidate.trial.metrics.latency.flatMap((own) => {
    const theirs = reference.trial.metrics.latency.find(({ target }) => target === own.target);
    if (!theirs) return [];
    const isSameMeasurement =
      own.p50Ms === theirs.p50Ms && JSON.stringify(own.sessionRatios) === JSON.stringify(theirs.sessionRatios);
    const pair: TimePair = {
      target: own.target,
      reference: pairedTime(theirs),
      candidate: pairedTime(own),
      isSameMeasurement,
      isSameSetting: settingOf(candidate.run, own.target) === settingOf(reference.run, own.target),
    };
    const found = isSameBaseline && quotientOf({ ...candidate, latency: own }, { ...reference, latency: theirs });
    return [found ? { ...pair, quotient: found } : pair];
  });
}

type Timed = TimedTrial & { latency: LatencyMetrics };

/** A baseline is what the other was measured beside: its ratio is 1, and not that of the A/A control. */
function quotientOf(own: Timed, theirs: Timed): TimeQuotient | undefined {
  if (own.trial.isBaseline && theirs.trial.isBaseline) return undefined;
  if (theirs.trial.isBaseline) {
    const { ratio, ratioInterval, sessionRatios } = own.latency;
    return { ratio, ratioInterval, ...(sessionRatios && { sessionRatios }) };
  }
  if (own.trial.isBaseline) {
    const { ratio, ratioInterval, sessionRatios } = theirs.latency;
    const turned = sessionRatios?.map((one) => 1 / one);
    const [low, high] = ratioInterval;
    return { ratio: 1 / ratio, ratioInterval: [1 / high, 1 / low], ...(turned && { sessionRatios: turned }) };
  }
  const [sessionRatios, referenceSessionRatios] = [own.latency.sessionRatios, theirs.latency.sessionRatios];
  const sessions = sessionRatios && referenceSessionRatios && { sessionRatios, referenceSessionRatios };
  return { ...quotient(own.latency, theirs.latency), ...sessions };
}

function baselineHash({ run, trial }: TimedTrial): string | undefined {
  return run.manifest.models.find(({ name }) => name === trial.model)?.sha256;
}

/** Machine and runtime, where both are known. */
function settingOf(run: RunView, target: string): string {
  const found = run.sweep.targets.find((one) => targetName(one) === target);
  const version = found ? runtimeVersion(run.manifest, found) : run.manifest.onnxruntime;
  return [machineOf(run, target).id, found?.runtime ?? '', version].join('\n');
}

function pairedTime({ p50Ms, ratio, ratioInterval, disturbance }: LatencyMetrics): PairedTime {
  const disturbed = disturbanceText(disturbance);
  return { p50Ms, ratio, ratioInterval, ...(disturbed && { disturbed }) };
}
