import type { Agent } from '@shared/agents';
import { heightAndWidth } from '@shared/model-card';
import type { Workspace } from '../store/workspace';
import { finishedIn } from './finished-steps';
import { MachineLoad } from './machine-load';
import { distinctSteps, formatOf, imagesOf, type PlannedStep } from './plan';
import type { PreparedSweep } from './prepare-sweep';
import { takesSteps } from './places';
import { recordedCosts } from './recorded-costs';
import { fits } from './requirement';
import { StepCosts } from './step-costs';
import { traitsOf } from './step-traits';

/** What is left to compute of a sweep. */
export interface PlanEstimate {
  /** Between these in about four of five sweeps; absent where no step of these kinds has finished here, so that nothing is known but some trainings. */
  time?: { lowMs: number; highMs: number };
  /** Steps of a kind that has never finished here: the time does not count them. */
  unknownSteps: number;
  /** Trainings of a kind that has never finished here, which the time counts by what such trainings took elsewhere; absent: none. */
  roughSteps?: number;
  /** Files that it will write: artifacts and crops of images. */
  diskBytes: number;
}

/** Machines are faster or slower than the day before by about this much (standard deviation of the logarithm). */
const dailyDeviation = 0.12;
/** Of a normal distribution: between -1.28 and 1.28 deviations lie four fifths. */
const fourFifths = 1.28;

interface EstimatedPlace {
  machineId: string;
  /** Steps that run beside each other on this machine, measurements aside. */
  slots: number;
  /** Other machines, whatever their state. */
  agents?: readonly Agent[];
}

export function estimatePlan(
  prepared: PreparedSweep,
  workspace: Workspace,
  { machineId, slots, agents = [] }: EstimatedPlace,
): PlanEstimate {
  const { trials, models, dataset, sweep, manifest } = prepared;
  const costs = new StepCosts(recordedCosts(workspace, machineId));
  const [calibration, train] = [dataset.calibration.entries.length, dataset.train.entries.length];
  const images = { eval: dataset.eval.entries.length, calibration, train: train || calibration };
  const facts = { models, images, latency: sweep.latency, machine: manifest.machine };
  const traits = new Map(trials.flatMap((trial) => [...traitsOf(trial, facts)]));
  const steps = distinctSteps(trials);
  const finished = finishedIn(workspace, steps);
  const left = steps.filter(({ key }) => !finished.has(key));
  const made = left.filter(({ order }) => formatOf(order) !== undefined).map(({ key }) => traits.get(key)!);
  const artifactBytes = made.reduce((sum, own) => sum + (costs.expectBytes(own) ?? own.networkBytes), 0);
  return {
    ...timeOf(left, (step) => costs.expect(traits.get(step.key)!), slots, agents),
    diskBytes: Math.round(artifactBytes + cropBytes(prepared, new Set(left))),
  };
}

/**
 * What the machine that is given most takes, where each step goes to whoever may do it and has least: agents, or where none takes it, this machine.
 * Other machines are taken to be as fast as this one, and nothing is counted for what travels.
 */
export function timeOf(
  left: readonly PlannedStep[],
  costOf: (step: PlannedStep) => ReturnType<StepCosts['expect']>,
  slots: number,
  agents: readonly Agent[] = [],
): Pick<PlanEstimate, 'time' | 'unknownSteps' | 'roughSteps'> {
  let [total, guessed, variance, unknownSteps, rough] = [0, 0, 0, 0, 0];
  const here = new MachineLoad(slots);
  const others = agents.filter(takesSteps).map((agent) => ({ agent, load: new MachineLoad(agent.slots) }));
  const able = new Map<string, readonly MachineLoad[]>();
  const loadsFor = ({ requires }: PlannedStep): readonly MachineLoad[] => {
    if (!requires || others.length === 0) return [];
    const line = JSON.stringify(requires);
    const loads = able.get(line) ?? others.filter(({ agent }) => fits(requires, agent)).map(({ load }) => load);
    able.set(line, loads);
    return loads;
  };
  for (const step of left) {
    const cost = costOf(step);
    if (!cost) {
      unknownSteps++;
      continue;
    }
    const { expectedMs, deviation, isGuess } = cost;
    if (cost.isFromElsewhere) rough++;
    total += expectedMs;
    const [first = here, ...rest] = loadsFor(step);
    rest.reduce((least, load) => (load.ms < least.ms ? load : least), first).add(step.kind, expectedMs);
    // Guesses err together; what was measured errs each for itself.
    if (isGuess) guessed += expectedMs * deviation;
    else variance += (expectedMs * deviation) ** 2;
  }
  // Of a sweep of which nothing has run here, rough trainings alone would look like all of it.
  if (unknownSteps > 0 && unknownSteps + rough === left.length) return { unknownSteps: left.length };
  const relative = total > 0 ? Math.hypot(guessed / total, Math.sqrt(variance) / total, dailyDeviation) : 0;
  const expected = Math.max(here.ms, ...others.map(({ load }) => load.ms));
  const factor = Math.exp(fourFifths * relative);
  const time = { lowMs: expected / factor, highMs: expected * factor };
  return { time, unknownSteps, ...(rough > 0 && { roughSteps: rough }) };
}

/** Of images that no finished step has looked at: they are decoded once for each way of cutting them out, three bytes a pixel. */
function cropBytes({ models, dataset, trials }: PreparedSweep, left: ReadonlySet<PlannedStep>): number {
  const bytes = new Map<string, number>();
  for (const step of distinctSteps(trials)) {
    const { resize, crop } = models.get(step.order.model)!.card.preprocess;
    const [height, width] = heightAndWidth(crop);
    for (const split of imagesOf(step.order)) {
      const key = JSON.stringify([split, resize, crop]);
      const isThere = !left.has(step) || bytes.get(key) === 0;
      bytes.set(key, isThere ? 0 : dataset[split].entries.length * height * width * 3);
    }
  }
  return [...bytes.values()].reduce((sum, count) => sum + count, 0);
}
