import type { PixelType } from '../dataset/normalize';
import type { GivenImages } from '../measure/file-tensor';
import { EnergyMeter } from '../machine/energy-meter';
import type { EnergySensor } from '../machine/energy-sensor';
import { stillTells } from '../machine/find-energy-sensors';
import { idleEnergy } from '../measure/latency/energy';
import { latencyInputSeed } from '../measure/latency/latency';
import { runSessionPair, type SessionPairTimes } from '../measure/latency/session-pair';
import type { JobReporter, JobResults, SessionPairJob } from './job';
import { sessionOfTarget } from './session-of-target';
import { singleImages } from './single-images';

/**
 * Runs candidate and baseline in turns in this process. It says nothing meanwhile: a message would wake the processes above. Where energy is
 * measured, it waits before and after for as long as it takes to know what the machine spends on idling.
 */
export async function sessionPair(job: SessionPairJob, { signal }: JobReporter): Promise<JobResults['session-pair']> {
  const meter = job.energySensor && (await openMeter(job.energySensor));
  if (!meter) return runPair(job, signal);
  try {
    const before = await idleEnergy(meter, signal);
    const { spent, ...times } = await runPair(job, signal, meter);
    const after = await idleEnergy(meter, signal);
    const { domains, updateMs, stepJoules } = meter.sensor;
    const idle = { joules: before.joules + after.joules, ms: before.ms + after.ms };
    // Whoever plugs the charger in meanwhile ends what the battery tells.
    const isRead = await stillTells(meter.sensor);
    return { ...times, ...(isRead && { energy: { domains, updateMs, stepJoules, idle, ...spent! } }) };
  } finally {
    meter.close();
  }
}

/** Undefined where a sensor that was there has gone: times are worth as much without it. */
const openMeter = (sensor: EnergySensor): Promise<EnergyMeter | undefined> =>
  EnergyMeter.open(sensor).catch(() => undefined);

async function runPair(job: SessionPairJob, signal: AbortSignal, meter?: EnergyMeter): Promise<SessionPairTimes> {
  const { candidatePath, baselinePath, card, target, baselineCard = card, baselineTarget = target, seed, order } = job;
  const { images: set, cacheFolder = '' } = job;
  const images = async (pixels: PixelType): Promise<GivenImages[]> => {
    const all: GivenImages[] = [];
    for await (const image of singleImages(set!, card, { cacheFolder, signal }, pixels)) all.push(image);
    return all;
  };
  return runSessionPair({
    ...order,
    ...sessionOfTarget(target),
    candidatePath,
    baselinePath,
    card,
    baseline: { card: baselineCard, ...sessionOfTarget(baselineTarget) },
    seed: latencyInputSeed(seed),
    ...(set && { images }),
    ...(meter && { meter }),
    signal,
  });
}
