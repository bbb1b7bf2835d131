import { setTimeout } from 'node:timers/promises';
import type { EnergyMetrics } from '@shared/metrics';
import { median } from '@shared/statistics/percentile';
import { throwIfCancelled } from '../cancellation';
import { medianInterval } from '../statistics/median-interval';
import type { EnergyMeter } from '../../machine/energy-meter';
import { isSlow, type EnergySensor } from '../../machine/energy-sensor';

/** What is read of an open sensor. */
export type Meter = Pick<EnergyMeter, 'sensor' | 'joules'>;

/** Energy over a time, everything that the sensor sees. */
export interface EnergySpan {
  joules: number;
  ms: number;
}

export interface SpentOnImages extends EnergySpan {
  images: number;
}

/** Of one session pair. */
export interface PairEnergy extends Pick<EnergySensor, 'domains' | 'updateMs' | 'stepJoules'> {
  candidate: SpentOnImages;
  baseline: SpentOnImages;
  /** Before the sessions are opened and after they are closed, together. */
  idle: EnergySpan;
}

/** Half of what each model runs in a round holds so many updates of the sensor. A battery's would take minutes. */
const updatesPerHalfBlock = 20;
const slowUpdatesPerHalfBlock = 5;

/** Milliseconds that half of a model's part of a round should take for its energy. */
export const energyHalfBlockMs = (sensor: EnergySensor): number =>
  (isSlow(sensor) ? slowUpdatesPerHalfBlock : updatesPerHalfBlock) * sensor.updateMs;

const leastIdleMs = 250;
/** What a process that has just started or closed its sessions still does is over by then. */
const settleMs = 100;

/** Energy of this machine while this process waits. Throws `cancelled`. */
export async function idleEnergy(meter: Meter, signal: AbortSignal): Promise<EnergySpan> {
  const { sensor } = meter;
  await wait(settleMs + sensor.updateMs, signal);
  const start = performance.now();
  const joules = meter.joules();
  await wait(Math.max(leastIdleMs, 2 * energyHalfBlockMs(sensor)), signal);
  return { joules: meter.joules() - joules, ms: performance.now() - start };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => throwIfCancelled(signal));
}

/** A side of a pair is read where what it took beside idling is more than so many times what one reading may be off. */
const leastSteps = 5;

/**
 * Joules an image above idling, and their ratio, over session pairs as for times: a pair counts once, with its sums. Undefined where a
 * pair was not read. Where for one of them the share above idling is lost in the steps of the sensor, or below nothing, no ratio is made of it.
 */
export function summarizeEnergy(pairs: readonly (PairEnergy | undefined)[]): EnergyMetrics | undefined {
  const read = pairs.filter((pair) => pair !== undefined);
  const [first] = read;
  if (!first || read.length < pairs.length) return undefined;
  const found = read.map(aboveIdle);
  if (found.some(({ candidate, baseline }) => !Number.isFinite(candidate + baseline))) return undefined;
  const candidates = found.map(({ candidate }) => candidate);
  const sessionRatios = found.map(({ candidate, baseline }) => candidate / baseline);
  const isTold = found.every((pair) => pair.isTold);
  return {
    domains: first.domains,
    joules: median(candidates),
    joulesInterval: medianInterval(candidates).interval,
    baselineJoules: median(found.map(({ baseline }) => baseline)),
    idleWatts: median(found.map(({ idleWatts }) => idleWatts)),
    isTold,
    ...(isTold && {
      comparison: {
        ratio: median(sessionRatios),
        ratioInterval: medianInterval(sessionRatios).interval,
        sessionRatios,
      },
    }),
  };
}

/** Of one pair: joules an image. */
interface AboveIdle {
  candidate: number;
  baseline: number;
  idleWatts: number;
  isTold: boolean;
}

function aboveIdle({ candidate, baseline, idle, updateMs, stepJoules }: PairEnergy): AboveIdle {
  const idleJoulesPerMs = idle.joules / idle.ms;
  const net = ({ joules, ms }: EnergySpan): number => joules - idleJoulesPerMs * ms;
  const isAbove = (span: EnergySpan): boolean =>
    net(span) > leastSteps * (stepJoules + (span.joules / span.ms) * updateMs);
  return {
    candidate: net(candidate) / candidate.images,
    baseline: net(baseline) / baseline.images,
    idleWatts: 1000 * idleJoulesPerMs,
    isTold: isAbove(candidate) && isAbove(baseline),
  };
}
