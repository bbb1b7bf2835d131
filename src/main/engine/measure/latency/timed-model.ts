import type { ModelCard } from '@shared/model-card';
import type { Runtime, RuntimeTensor, Session, SessionOptions } from '../../runtimes/runtime';
import { throwIfCancelled } from '../cancellation';
import type { GivenImages } from '../file-tensor';
import { inputTensor, modelInput, type ModelInput } from '../model-input';
import { sampleInput } from './sample-input';
import { median } from '@shared/statistics/percentile';

export interface TimedModelOptions extends Pick<SessionOptions, 'device' | 'threads' | 'options'> {
  card: ModelCard;
  runtime: Runtime;
  seed: number | string;
  /** Where the time depends on the image: the images to take in turns, one a call, `[1, ...image]`. Absent: one that is made up. */
  images?(pixels: ModelInput['pixels']): Promise<readonly GivenImages[]>;
}

/** Warm-up ends when two neighbouring windows of this many runs have medians within `warmUpTolerance`, but not before `warmUpLeastMs`. */
const warmUpWindow = 3;
const warmUpLeastMs = 10;
const warmUpTolerance = 0.02;
const warmUpMaximumRuns = 60;
const warmUpMaximumMs = 3000;

/**
 * One loaded model that can time itself. Times are milliseconds an image: one inference at batch 1, or a call divided by its
 * images where the file fixes a larger batch. They hold the crossing into the native runtime, about 0.03 ms, as any
 * application's would.
 */
export class TimedModel {
  private turn = 0;

  private constructor(
    private readonly session: Session,
    /** One input, or one for each image. */
    private readonly feeds: readonly Record<string, RuntimeTensor>[],
    /** Images in a call. */
    readonly batch: number,
    /** Time `open` spent on making its input, which is not part of loading. */
    readonly prepareMs: number,
  ) {}

  /** How many inputs it has. */
  get inputs(): number {
    return this.feeds.length;
  }

  static async open(path: string, given: TimedModelOptions): Promise<TimedModel> {
    const { card, runtime, seed, threads, device, options, images } = given;
    const session = await runtime.open(path, { threads, device, options });
    try {
      const input = modelInput(session, card, path);
      const batch = input.fixedBatch ?? 1;
      const start = performance.now();
      const tensors = images
        ? (await images(input.pixels)).map((image) => inputTensor(input, image))
        : [sampleInput(card, batch, seed, input)];
      const feeds = tensors.map((tensor) => ({ [input.name]: tensor }));
      return new TimedModel(session, feeds, batch, performance.now() - start);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** One call with all its images, milliseconds. */
  async timeCall(): Promise<number> {
    const start = performance.now();
    await this.session.run(this.feeds[this.turn]!);
    return performance.now() - start;
  }

  /** The next input is the one that calls take from now on. */
  next(): void {
    this.turn = (this.turn + 1) % this.feeds.length;
  }

  /** One inference, milliseconds an image. */
  async time(): Promise<number> {
    return (await this.timeCall()) / this.batch;
  }

  /** Runs every input once, then one until times settle or the bounds are reached. Returns the median of the last window. */
  async warmUp(signal: AbortSignal): Promise<number> {
    for (let input = 1; input < this.feeds.length; input++) {
      throwIfCancelled(signal);
      await this.time();
      this.next();
    }
    this.turn = 0;
    const times: number[] = [];
    const start = performance.now();
    for (;;) {
      throwIfCancelled(signal);
      times.push(await this.time());
      const last = median(times.slice(-warmUpWindow));
      if (times.length >= warmUpMaximumRuns) return last;
      if (times.length < warmUpWindow) continue;
      const spentMs = performance.now() - start;
      if (spentMs > warmUpMaximumMs) return last;
      if (times.length < 2 * warmUpWindow || spentMs < warmUpLeastMs) continue;
      const before = median(times.slice(-2 * warmUpWindow, -warmUpWindow));
      if (Math.abs(last - before) < warmUpTolerance * before) return last;
    }
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
