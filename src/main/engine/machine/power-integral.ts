import type { MessagePort } from 'node:worker_threads';

export interface PowerOrder {
  path: string;
  /** Watts of the number in the file are `number * unit`. */
  unit: number;
  everyMs: number;
  /** Takes a `PowerLook` each time. */
  port: MessagePort;
}

export interface PowerLook {
  /** Milliseconds since 1970, with their fractions. */
  atMs: number;
  watts: number;
}

/** Updates without a look after which nothing is known of the power any more. */
const blindUpdates = 20;

/** Energy from looks at a power: what a sensor tells is the mean since its last update, so a look stands for the time before it. */
export class PowerIntegral {
  private sum = 0;
  private last: PowerLook | undefined;

  constructor(private readonly updateMs: number) {}

  add(look: PowerLook): void {
    if (this.last) this.sum += (look.watts * (look.atMs - this.last.atMs)) / 1000;
    this.last = look;
  }

  /** Joules since the first look, with the last one standing for what came after it too. NaN where that is long ago, or nothing was seen. */
  joulesAt(atMs: number): number {
    if (!this.last || atMs - this.last.atMs > blindUpdates * this.updateMs) return NaN;
    return this.sum + (this.last.watts * (atMs - this.last.atMs)) / 1000;
  }
}
