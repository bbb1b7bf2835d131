import { findTechnique } from '../techniques/registry';
import type { PlannedStep } from './plan';
import type { StepLeft } from './remaining-time';

/** A step that the executor has, begun or not. */
export interface StepInHand {
  abort: AbortController;
  /** Of its training, which ends with the best so far; absent: it has none that can be stopped. */
  stop?: AbortController;
  /** What a failed attempt had written is gone. */
  discarded?: Promise<void>;
  /** When it got its core, milliseconds since 1970. */
  startedAt?: number;
  /** Of it, done. */
  fraction: number;
  /**
   * What was done when it began to count, and when that was: a training that goes on from a checkpoint does not begin at 0. Each of its parts counts anew.
   */
  pace?: { from: number; at: number };
  /** Parts that began to count. */
  parts: number;
  stage: string;
}

/** From which on the pace of a part says how long it takes; of a training of more parts, such as rounds, no part says how long all of it does. */
const [tellingFraction, mostParts] = [0.01, 3];

/** @param total of the part under way; 0: how much there is to do is not known, and what comes counts anew */
export function noteProgress(step: StepInHand, done: number, total: number, now: number): void {
  const fraction = total > 0 ? done / total : 0;
  if (total === 0) step.pace = undefined;
  else if (step.pace === undefined || fraction < step.fraction) {
    step.pace = { from: fraction, at: now };
    step.parts++;
  }
  step.fraction = fraction;
}

const mayStop = ({ startedAt, stop }: StepInHand): boolean =>
  stop !== undefined && startedAt !== undefined && !stop.signal.aborted;

/** The steps of a run that the executor has. */
export class StepsInHand {
  private readonly steps = new Map<string, StepInHand>();

  get isEmpty(): boolean {
    return this.steps.size === 0;
  }

  has(key: string): boolean {
    return this.steps.has(key);
  }

  take({ key, title, order }: PlannedStep): StepInHand {
    const endsByHand = order.kind === 'compress' && findTechnique(order.technique).endsByHand === true;
    const abort = new AbortController();
    const stop = endsByHand ? { stop: new AbortController() } : {};
    const step: StepInHand = { abort, ...stop, fraction: 0, parts: 0, stage: title };
    this.steps.set(key, step);
    return step;
  }

  drop(key: string): void {
    this.steps.delete(key);
  }

  /** Of the steps that have a core, the one that was handed in first. */
  get begun(): { key: string; stage: string; fraction: number } | undefined {
    const [first] = [...this.steps].filter(([, { startedAt }]) => startedAt !== undefined);
    return first && { key: first[0], stage: first[1].stage, fraction: first[1].fraction };
  }

  /** Steps that have begun to train and that nobody has stopped yet, by key. */
  get trainings(): string[] {
    return [...this.steps].filter(([, step]) => mayStop(step)).map(([key]) => key);
  }

  /** Ends the training of a step. Answers whether there is one. */
  stop(key: string): boolean {
    const step = this.steps.get(key);
    if (!step || !mayStop(step)) return false;
    step.stop?.abort();
    return true;
  }

  /** How much of a step is done; 0 where the executor does not have it. */
  fractionOf(key: string): number {
    return this.steps.get(key)?.fraction ?? 0;
  }

  /**
   * What is left of a step under way at the pace of its part so far, milliseconds; nothing in its first moments. Of a training that is all:
   * of other steps at least so much, since more parts may come.
   */
  paceOf(key: string, now: number): Pick<StepLeft, 'ownMs' | 'leastMs'> {
    const step = this.steps.get(key);
    if (!step?.pace) return {};
    const { pace, fraction } = step;
    if (fraction - pace.from < tellingFraction) return {};
    const leftMs = ((now - pace.at) * (1 - fraction)) / (fraction - pace.from);
    return step.stop && step.parts <= mostParts ? { ownMs: leftMs } : { leastMs: leftMs };
  }

  /** Ends a step, if the executor has it. */
  end(key: string): void {
    this.steps.get(key)?.abort.abort();
  }

  endAll(): void {
    for (const { abort } of this.steps.values()) abort.abort();
  }

  /** Ends those that nobody wants any more. */
  endUnwanted(isWanted: (key: string) => boolean): void {
    for (const [key, { abort }] of this.steps) if (!isWanted(key)) abort.abort();
  }

  /** Those that have not begun go back to the run. */
  takeBack(): void {
    for (const { abort, startedAt } of this.steps.values()) if (startedAt === undefined) abort.abort();
  }
}
