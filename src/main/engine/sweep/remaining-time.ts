import { MachineLoad } from './machine-load';
import type { PlannedStep } from './plan';

/** A step that is not finished. */
export interface StepLeft {
  step: PlannedStep;
  /** How much of it is left, 1 where it has not begun. */
  share: number;
  /** What is left at its own pace, where that tells more than other steps do: of trainings, which have nothing in common but their kind. */
  ownMs?: number;
  /** What is left of it at least, by the pace of its part under way. */
  leastMs?: number;
}

/** Learns how long steps take and estimates what is left: same kind and model first, else same kind, else any. */
export class RemainingTime {
  private readonly samples: { kind: string; model: string; elapsedMs: number }[] = [];

  add(step: PlannedStep, elapsedMs: number): void {
    this.samples.push({ kind: step.kind, model: step.order.model, elapsedMs });
  }

  /**
   * Milliseconds until all is done when `slots` steps run at once, measurements each for itself; undefined before anything was measured.
   * Steps that wait for others may leave a slot empty, so it is a lower estimate.
   */
  estimate(left: readonly StepLeft[], slots: number): number | undefined {
    if (this.samples.length === 0) return undefined;
    const load = new MachineLoad(slots);
    for (const { step, share, leastMs = 0, ownMs } of left)
      load.add(step.kind, ownMs ?? Math.max(leastMs, share * this.expect(step)));
    return load.ms;
  }

  private expect(step: PlannedStep): number {
    const sameKind = this.samples.filter((sample) => sample.kind === step.kind);
    const sameModel = sameKind.filter((sample) => sample.model === step.order.model);
    const chosen = sameModel.length > 0 ? sameModel : sameKind.length > 0 ? sameKind : this.samples;
    return chosen.reduce((sum, sample) => sum + sample.elapsedMs, 0) / chosen.length;
  }
}
