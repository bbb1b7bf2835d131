import { formatDuration } from '@shared/format';
import type { Progress } from '@shared/run';

const plainEveryMs = 5000;

/** Progress on standard error: one line kept up to date on a terminal, a plain line every few seconds elsewhere. */
export class ProgressLine {
  private lastPlain: number;
  private shown = false;

  constructor(
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly now: () => number = Date.now,
  ) {
    // What ends within seconds needs no line in a log file.
    this.lastPlain = now();
  }

  update(progress: Progress & { stepFraction?: number }): void {
    const line = progressText(progress);
    if (this.stream.isTTY) {
      const width = Math.max(20, (this.stream.columns || 80) - 1);
      this.stream.write(`\r\x1b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
      this.shown = true;
    } else if (this.now() - this.lastPlain >= plainEveryMs) {
      this.lastPlain = this.now();
      this.stream.write(`${line}\n`);
    }
  }

  /** Leaves the terminal clean for what follows. */
  clear(): void {
    if (this.shown) this.stream.write('\r\x1b[2K');
    this.shown = false;
  }
}

/** "12/84  14 %  mobilenetv2/int8: evaluating 43 %  1 min 20 s, about 8 min left" */
export function progressText(progress: Progress & { stepFraction?: number }): string {
  const { stage, done, total, elapsedMs, remainingMs, stepFraction } = progress;
  const share = total > 0 ? Math.floor((100 * (done + (stepFraction ?? 0))) / total) : 0;
  const step = stepFraction ? ` ${Math.floor(stepFraction * 100)} %` : '';
  const left = remainingMs === undefined || done === total ? '' : `, about ${formatDuration(remainingMs)} left`;
  return `${done}/${total}  ${Math.min(share, 100)} %  ${stage}${step}  ${formatDuration(elapsedMs)}${left}`;
}
