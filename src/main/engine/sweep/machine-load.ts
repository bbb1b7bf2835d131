import type { PlannedStep } from './plan';

/** What a machine is given to do: measurements one after the other, the rest on all slots. Milliseconds. */
export class MachineLoad {
  private quietMs = 0;
  private sharedMs = 0;
  private longestMs = 0;

  constructor(private readonly slots: number) {}

  add(kind: PlannedStep['kind'], expectedMs: number): void {
    if (kind === 'measure') this.quietMs += expectedMs;
    else {
      this.sharedMs += expectedMs;
      this.longestMs = Math.max(this.longestMs, expectedMs);
    }
  }

  get ms(): number {
    return this.quietMs + Math.max(this.sharedMs / this.slots, this.longestMs);
  }
}
