import { ProgressLine } from './progress-line';

/** Progress of one download after another, in megabytes, with the time left at the pace since each began. */
export class TransferProgress {
  private readonly line = new ProgressLine();
  private stage = '';
  private startedAt = 0;
  private first = 0;

  bytes(stage: string, done: number, total: number): void {
    this.show(`${stage}, MB`, Math.floor(done / 1e6), Math.ceil(total / 1e6));
  }

  show(stage: string, done: number, total: number): void {
    if (stage !== this.stage) {
      this.stage = stage;
      this.startedAt = Date.now();
      this.first = done;
    }
    const elapsedMs = Date.now() - this.startedAt;
    const came = done - this.first;
    const remainingMs = came > 0 ? (elapsedMs / came) * (total - done) : undefined;
    this.line.update({ stage, done, total, elapsedMs, remainingMs });
  }

  clear(): void {
    this.line.clear();
  }
}
