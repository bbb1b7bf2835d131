import type { PlannedStep } from './expand';

/** Learns how long steps take and estimates what is left: same kind and model first, else same kind, else any. */
export class RemainingTime {
  private readonly samples: { kind: string; model: string; elapsedMs: number }[] = [];

  add(step: PlannedStep, elapsedMs: number): void {
    this.samples.push({ kind: step.kind, model: step.order.model, elapsedMs });
  }

  /** Milliseconds for `steps`, one after another; undefined before anything was measured. */
  estimate(steps: readonly PlannedStep[]): number | undefined {
    if (this.samples.length === 0) return undefined;
    return steps.reduce((sum, step) => sum + this.expect(step), 0);
  }

  private expect(step: PlannedStep): number {
    const sameKind = this.samples.filter((sample) => sample.kind === step.kind);
    const sameModel = sameKind.filter((sample) => sample.model === step.order.model);
    const chosen = sameModel.length > 0 ? sameModel : sameKind.length > 0 ? sameKind : this.samples;
    return chosen.reduce((sum, sample) => sum + sample.elapsedMs, 0) / chosen.length;
  }
}
