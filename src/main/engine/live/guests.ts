/** Runs work when times are not being taken: the executor's `beside`. */
type Beside = <T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void) => Promise<T>;

/** What Live computes: beside compressing, never while times are taken. Tells when something begins to wait for that, and when nothing does any more. */
export class Guests {
  private readonly waiting = new Set<object>();
  private told: boolean | undefined;

  /** @param waits hears of every change, and at the first work how it stands */
  constructor(
    private readonly beside: Beside,
    private readonly waits: (isWaiting: boolean) => void = () => undefined,
  ) {}

  /** Must not be called from within `work`, which would wait for itself. Throws what `work` throws, `cancelled`. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const token = {};
    const begin = (): Promise<T> => {
      this.note(token, false);
      return work();
    };
    try {
      return await this.beside(signal, begin, () => this.note(token, true));
    } finally {
      this.note(token, false);
    }
  }

  private note(token: object, isWaiting: boolean): void {
    if (isWaiting) this.waiting.add(token);
    else this.waiting.delete(token);
    const now = this.waiting.size > 0;
    if (now === this.told) return;
    this.told = now;
    this.waits(now);
  }
}
