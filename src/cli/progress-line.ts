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

  /** @param progress `hint`: what a key does now, never cut off */
  update({ hint, ...progress }: Progress & { stepFraction?: number; hint?: string }): void {
    const text = progressText(progress);
    const end = hint === undefined ? '' : `  (${hint})`;
    const line = `${text}${end}`;
    if (this.stream.isTTY) {
      const width = Math.max(20, (this.stream.columns || 80) - 1);
      const room = Math.max(0, width - end.length);
      this.stream.write(`\r\x1b[2K${line.length > width ? `${text.slice(0, room - 1)}…${end.slice(0, width)}` : line}`);
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
