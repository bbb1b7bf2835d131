/**
 * Who may be worked on: one item at a time, and of those that come meanwhile the newest. The one that a newer one displaces is dropped and
 * counted, so work is never further behind than one item.
 */
export class NewestWins<T> {
  private isBusy = false;
  private waiting: { item: T } | undefined;
  private droppedCount = 0;

  /**
   * @param begin starts the work on an item; `finished` is called when it is done
   * @param drop hears of each item that is not worked on
   */
  constructor(
    private readonly begin: (item: T) => void,
    private readonly drop: (item: T) => void = () => undefined,
  ) {}

  get dropped(): number {
    return this.droppedCount;
  }

  offer(item: T): void {
    if (!this.isBusy) {
      this.isBusy = true;
      this.begin(item);
      return;
    }
    const older = this.waiting;
    this.waiting = { item };
    if (!older) return;
    this.droppedCount++;
    this.drop(older.item);
  }

  finished(): void {
    const next = this.waiting;
    this.waiting = undefined;
    this.isBusy = next !== undefined;
    if (next) this.begin(next.item);
  }

  /** Drops what waits, without counting it: nobody wants it any more. */
  clear(): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting) this.drop(waiting.item);
  }
}
