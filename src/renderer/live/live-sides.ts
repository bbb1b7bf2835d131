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

/** Brings frames to the sides of a session: at most one is under way to each, and of those that come meanwhile the newest waits. */
export class LiveSides {
  private readonly queues: readonly NewestWins<OfferedFrame>[];
  private isClosed = false;

  constructor(
    private readonly client: LiveClient,
    private readonly session: string,
    count: number,
    private readonly events: SideEvents,
  ) {
    this.queues = Array.from({ length: count }, (_, index) => {
      const side = index as 0 | 1;
      const queue: NewestWins<OfferedFrame> = new NewestWins(
        (frame) => void this.ask(side, frame).finally(() => queue.finished()),
        (frame) => {
          frame.release();
          if (!this.isClosed) events.dropped(side);
        },
      );
      return queue;
    });
  }

  /** A frame of a camera or a video, for every side one. */
  offer(frameFor: () => OfferedFrame): void {
    for (const queue of this.queues) queue.offer(frameFor());
  }

  /** A frame that stands still: resolves when every side has answered or failed. */
  async askAll(frameFor: () => OfferedFrame): Promise<void> {
    await Promise.all(this.queues.map((_, side) => this.ask(side as 0 | 1, frameFor())));
  }

  close(): void {
    this.isClosed = true;
    for (const queue of this.queues) queue.clear();
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
      if (!this.isClosed) this.events.failed(side, facts, toAppError(thrown));
    }
  }
}
