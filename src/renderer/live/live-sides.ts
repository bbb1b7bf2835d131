import { toAppError, type AppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveFrame } from '@shared/live/frame';
import { NewestWins } from '@shared/live/newest-wins';
import type { LiveClient } from './live-client';

/** What is known of a frame besides its content. */
export interface FrameFacts {
  /** Ascending from 0. */
  number: number;
  image?: string | undefined;
  /** Class, as the first side numbers them. */
  label?: number | undefined;
}

/** A frame for one side: either taken once or released. */
export interface OfferedFrame extends FrameFacts {
  take(): Promise<LiveFrame>;
  release(): void;
}

export interface SideEvents {
  answered(side: 0 | 1, frame: FrameFacts, answer: LiveAnswer): void;
  dropped(side: 0 | 1): void;
  failed(side: 0 | 1, frame: FrameFacts, error: AppError): void;
}

interface Side {
  queue: NewestWins<OfferedFrame>;
  /** Its process is gone: it is asked nothing until it was started again. */
  isGone: boolean;
}

/** Brings frames to the sides of a session: at most one is under way to each, and of those that come meanwhile the newest waits. */
export class LiveSides {
  private readonly sides: readonly Side[];
  private readonly underWay = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly client: LiveClient,
    private readonly session: string,
    count: number,
    private readonly events: SideEvents,
  ) {
    this.sides = Array.from({ length: count }, (_, index) => {
      const side = index as 0 | 1;
      const queue: NewestWins<OfferedFrame> = new NewestWins(
        (frame) => void this.track(this.ask(side, frame).finally(() => queue.finished())),
        (frame) => {
          frame.release();
          if (!this.isClosed) events.dropped(side);
        },
      );
      return { queue, isGone: false };
    });
  }

  /** A frame of a camera or a video, for every side one. */
  offer(frameFor: () => OfferedFrame): void {
    for (const { queue, isGone } of this.sides) if (!isGone) queue.offer(frameFor());
  }

  /** A frame that stands still: resolves when every side has answered or failed. */
  async askAll(frameFor: () => OfferedFrame): Promise<void> {
    await Promise.all(this.sides.map((_, side) => this.askOne(side as 0 | 1, frameFor)));
  }

  /** As `askAll`, one side alone. */
  async askOne(side: 0 | 1, frameFor: () => OfferedFrame): Promise<void> {
    if (!this.sides[side]!.isGone) await this.track(this.ask(side, frameFor()));
  }

  /** Resolves when no frame is under way and none waits. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** Asks a side again that was gone. */
  revive(side: 0 | 1): void {
    this.sides[side]!.isGone = false;
  }

  close(): void {
    this.isClosed = true;
    for (const { queue } of this.sides) queue.clear();
  }

  private track(work: Promise<void>): Promise<void> {
    const tracked: Promise<void> = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    return tracked;
  }

  private async ask(side: 0 | 1, frame: OfferedFrame): Promise<void> {
    const { number, image, label } = frame;
    const facts = { number, image, label };
    try {
      const startedAt = performance.now();
      const content = await frame.take().finally(() => frame.release());
      const captureMs = content.kind === 'image' ? 0 : performance.now() - startedAt;
      const answer = await this.client.call('live.frame', { session: this.session, side, frame: content });
      if (this.isClosed) return;
      if (answer === null) return this.events.dropped(side);
      const times = { ...answer.times, capture: answer.times.capture + captureMs };
      this.events.answered(side, facts, { ...answer, times });
    } catch (thrown) {
      if (this.isClosed) return;
      const error = toAppError(thrown);
      if (error.code === 'live.ended') {
        this.sides[side]!.isGone = true;
        this.sides[side]!.queue.clear();
      }
      this.events.failed(side, facts, error);
    }
  }
}
