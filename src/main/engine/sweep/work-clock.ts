/** The longest time that a timer of Node can wait, milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** How long something has been under way, milliseconds: it stands still while that is paused. */
export class WorkClock {
  private runningSince: number | undefined;
  private alarm: { atMs: number; ring: () => void } | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param beforeMs what had passed before */
  constructor(private beforeMs = 0) {}

  get elapsedMs(): number {
    return this.beforeMs + (this.runningSince === undefined ? 0 : performance.now() - this.runningSince);
  }

  run(): void {
    if (this.runningSince !== undefined) return;
    this.runningSince = performance.now();
    this.wind();
  }

  stop(): void {
    this.beforeMs = this.elapsedMs;
    this.runningSince = undefined;
    clearTimeout(this.timer);
  }

  /** Calls `ring` once, when this clock shows `atMs`. */
  ringAt(atMs: number, ring: () => void): void {
    this.alarm = { atMs, ring };
    if (this.runningSince !== undefined) this.wind();
  }

  private wind(): void {
    clearTimeout(this.timer);
    const { alarm } = this;
    if (!alarm) return;
    const leftMs = Math.min(longestTimerMs, Math.max(0, alarm.atMs - this.elapsedMs));
    this.timer = setTimeout(() => {
      if (this.elapsedMs < alarm.atMs) return this.wind();
      this.alarm = undefined;
      alarm.ring();
    }, leftMs);
  }
}
