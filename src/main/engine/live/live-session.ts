import { randomUUID } from 'node:crypto';
import { AppError, toAppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveFrame } from '@shared/live/frame';
import { NewestWins } from '@shared/live/newest-wins';
import type { ImageSet } from '../dataset/dataset';
import { openSide, type SideProcess } from './side-process';
import type { SideFrame, SideOrder } from './side-protocol';

/** Runs work when times are not being taken: the executor's `beside`. */
export type Beside = <T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void) => Promise<T>;

export interface LiveSessionOptions {
  /** The built `live-worker.js`. */
  workerPath: string;
  beside: Beside;
  /** Hears when frames begin to wait for a measurement, and when they go on. */
  waits?(isWaiting: boolean): void;
}

interface Asked {
  frame: SideFrame;
  resolve(answer: LiveAnswer | null): void;
  reject(thrown: unknown): void;
}

interface Side {
  process: SideProcess;
  queue: NewestWins<Asked>;
}

/** One or two deployments kept open, each in a process of its own, that answer frames: at most one in flight each, the newest wins. */
export class LiveSession {
  readonly id = randomUUID();
  /** Images that frames may name by their place. */
  images: ImageSet<'eval'> = { split: 'eval', entries: [], alreadyResized: false };
  private readonly abort = new AbortController();
  private readonly sides: readonly Side[];
  /** Frames that wait until times have been taken. */
  private readonly waiting = new Set<object>();

  private constructor(
    processes: readonly SideProcess[],
    private readonly options: LiveSessionOptions,
  ) {
    this.sides = processes.map((process) => {
      const queue: NewestWins<Asked> = new NewestWins(
        (asked) => void this.begin(process, asked).finally(() => queue.finished()),
        ({ resolve }) => resolve(null),
      );
      return { process, queue };
    });
  }

  /** Throws what `openSide` throws for any of them; then none stays open. */
  static async open(orders: readonly SideOrder[], options: LiveSessionOptions): Promise<LiveSession> {
    const opening = orders.map((order) => openSide(options.workerPath, order));
    const settled = await Promise.allSettled(opening);
    const failed = settled.find((result) => result.status === 'rejected');
    const opened = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (!failed) return new LiveSession(opened, options);
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

  private async begin(process: SideProcess, { frame, resolve, reject }: Asked): Promise<void> {
    const { signal } = this.abort;
    const token = {};
    try {
      const work = (): Promise<LiveAnswer> => {
        this.wait(token, false);
        return process.classify(frame);
      };
      resolve(await this.options.beside(signal, work, () => this.wait(token, true)));
    } catch (thrown) {
      this.wait(token, false);
      reject(signal.aborted ? new AppError('live.closed') : thrown);
    }
  }

  private wait(frame: object, isWaiting: boolean): void {
    const before = this.waiting.size > 0;
    if (isWaiting) this.waiting.add(frame);
    else this.waiting.delete(frame);
    const now = this.waiting.size > 0;
    if (now !== before) this.options.waits?.(now);
  }
}
