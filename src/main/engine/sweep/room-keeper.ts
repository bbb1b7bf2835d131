import type { AppError } from '@shared/errors';
import { leastRoomBytes, waitForRoom } from '../files/room-on-disk';

/** What a run does on a full disk: it waits for room, and asks for more of it each time that what it got was not enough. */
export class RoomKeeper {
  private waiting: { over: Promise<void>; abort: AbortController } | undefined;
  private attempts = 0;

  /**
   * @param artifactBytes what a step may want to write
   * @param changed the wait began or ended
   */
  constructor(
    private readonly folder: string,
    private readonly artifactBytes: number,
    private readonly changed: () => void,
  ) {}

  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  /** Bytes that are waited for. */
  get wantedBytes(): number {
    return (leastRoomBytes + 2 * this.artifactBytes) * 2 ** Math.max(0, this.attempts - 1);
  }

  /** Something was written: the next full disk is another one. */
  eased(): void {
    this.attempts = 0;
  }

  /** Waits for room on the disk of what could not be written. Asked several times at once it is one wait. */
  wait({ facts: { path } }: AppError): Promise<void> {
    if (this.waiting) return this.waiting.over;
    this.attempts++;
    const abort = new AbortController();
    const over = waitForRoom(typeof path === 'string' ? path : this.folder, this.wantedBytes, abort.signal)
      // Ended by somebody: whoever waits looks for himself.
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        this.changed();
      });
    this.waiting = { over, abort };
    this.changed();
    return over;
  }

  /** Ends the wait: to try at once, or to stop. */
  end(): void {
    this.waiting?.abort.abort();
  }
}
