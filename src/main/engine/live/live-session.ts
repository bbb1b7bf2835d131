import { AppError, toAppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveFrame } from '@shared/live/frame';
import { NewestWins } from '@shared/live/newest-wins';
import type { ImageSet } from '../dataset/dataset';
import type { Guests } from './guests';
import { openSide, type SideProcess } from './side-process';
import type { SideFrame, SideOrder } from './side-protocol';

export interface LiveSessionOptions {
  /** The built `live-worker.js`. */
  workerPath: string;
  guests: Guests;
}

interface Asked {
  frame: SideFrame;
  resolve(answer: LiveAnswer | null): void;
  reject(thrown: unknown): void;
}

interface Side {
  order: SideOrder;
  process: SideProcess;
  queue: NewestWins<Asked>;
}

/** One or two deployments kept open, each in a process of its own, that answer frames: at most one in flight each, the newest wins. */
export class LiveSession {
  /** Images that frames may name by their place. */
  images: ImageSet<'eval'> = { split: 'eval', entries: [], alreadyResized: false };
  private readonly abort = new AbortController();
  private readonly sides: readonly Side[];

  private constructor(
    orders: readonly SideOrder[],
    processes: readonly SideProcess[],
    private readonly options: LiveSessionOptions,
  ) {
    this.sides = processes.map((process, index) => {
      const queue: NewestWins<Asked> = new NewestWins(
        (asked) => void this.begin(side, asked).finally(() => queue.finished()),
        ({ resolve }) => resolve(null),
      );
      const side: Side = { order: orders[index]!, process, queue };
      return side;
    });
  }

  /**
   * Opens the sides beside each other. Loading a model takes the cores: where times may be taken meanwhile, it is work for `Guests`.
   * @param signal ends the processes that are still loading
   * Throws what `openSide` throws for any of them; then none stays open.
   */
  static async open(
    orders: readonly SideOrder[],
    options: LiveSessionOptions,
    signal?: AbortSignal,
  ): Promise<LiveSession> {
    const opening = orders.map((order) => openSide(options.workerPath, order, signal));
    const settled = await Promise.allSettled(opening);
    const failed = settled.find((result) => result.status === 'rejected');
    const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (!failed) return new LiveSession(orders, opened, options);
    for (const process of opened) process.close();
    throw failed.reason;
  }

  /** Of each side, milliseconds until it had loaded its file. */
  get openMs(): number[] {
    return this.sides.map(({ process }) => process.openMs);
  }

  /** Process of each side. */
  get pids(): (number | undefined)[] {
    return this.sides.map(({ process }) => process.pid);
  }

  /**
   * What a side says of a frame, or null where a newer one came before its turn.
   * Throws `live.closed`, `live.ended`, `live.no-image` and what the side throws.
   */
  classify(side: number, frame: LiveFrame): Promise<LiveAnswer | null> {
    return new Promise((resolve, reject) => {
      const { queue } = this.sides[side] ?? {};
      if (!queue || this.abort.signal.aborted) return reject(new AppError('live.closed'));
      try {
        queue.offer({ frame: this.located(frame), resolve, reject });
      } catch (thrown) {
        reject(toAppError(thrown));
      }
    });
  }

  /**
   * Starts a side again, whose process ended; the other goes on as it was. Work for `Guests`, as opening.
   * Throws what `openSide` throws, `live.closed`.
   */
  async reopen(side: number): Promise<void> {
    const found = this.sides[side];
    const { signal } = this.abort;
    if (!found || signal.aborted) throw new AppError('live.closed');
    const process = await openSide(this.options.workerPath, found.order, signal);
    found.process.close();
    found.process = process;
    if (!signal.aborted) return;
    process.close();
    throw new AppError('live.closed');
  }

  close(): void {
    this.abort.abort();
    for (const { process, queue } of this.sides) {
      queue.clear();
      process.close();
    }
  }

  private located(frame: LiveFrame): SideFrame {
    if (frame.kind !== 'image') return frame;
    const { entries, alreadyResized } = this.images;
    const entry = entries[frame.index];
    if (!entry) throw new AppError('live.no-image', { index: frame.index + 1, count: entries.length });
    return { kind: 'image', entry, alreadyResized };
  }

  private async begin(side: Side, { frame, resolve, reject }: Asked): Promise<void> {
    const { signal } = this.abort;
    try {
      const answer = await this.options.guests.run(signal, () => side.process.classify(frame));
      // A process that is told to end may answer before it does.
      if (signal.aborted) throw new AppError('live.closed');
      resolve(answer);
    } catch (thrown) {
      reject(signal.aborted ? new AppError('live.closed') : thrown);
    }
  }
}
