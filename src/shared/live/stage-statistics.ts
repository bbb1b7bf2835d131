import { sortedPercentile } from '../statistics/percentile';
import { liveStages, type LiveAnswer, type LiveStage, type StageTimes } from './answer';

export interface StageSummary {
  /** Frames answered, the first included. */
  frames: number;
  /** Of the session's first frame, which counts nowhere else. */
  firstInferenceMs: number | undefined;
  /** Answers a second between the first and the last that is kept; undefined below two. */
  framesPerSecond: number | undefined;
  /** Over the kept frames but the first; absent where there is none. */
  stages: Record<LiveStage, { p50Ms: number; p90Ms: number }> | undefined;
}

/** Where the time of frames goes, of the last so many of them. */
export class StageStatistics {
  private readonly samples: StageTimes[] = [];
  private finishedAt: number[] = [];
  private frames = 0;
  private firstInferenceMs: number | undefined;

  /** @param kept frames that percentiles and rate look back on */
  constructor(private readonly kept = Infinity) {}

  /** @param atMs when the answer was there, on any clock that only goes forward */
  add({ times, isFirst }: Pick<LiveAnswer, 'times' | 'isFirst'>, atMs: number): void {
    this.frames++;
    this.finishedAt.push(atMs);
    if (this.finishedAt.length > this.kept) this.finishedAt.shift();
    if (isFirst) {
      this.firstInferenceMs = times.inference;
      return;
    }
    this.samples.push(times);
    if (this.samples.length > this.kept) this.samples.shift();
  }

  /** After a pause: the time in between was nobody's. */
  restartClock(): void {
    this.finishedAt = [];
  }

  summary(): StageSummary {
    const { frames, firstInferenceMs, finishedAt, samples } = this;
    const spanMs = (finishedAt.at(-1) ?? 0) - (finishedAt[0] ?? 0);
    const quantiles = (stage: LiveStage): { p50Ms: number; p90Ms: number } => {
      const sorted = samples.map((times) => times[stage]).sort((a, b) => a - b);
      return { p50Ms: sortedPercentile(sorted, 0.5), p90Ms: sortedPercentile(sorted, 0.9) };
    };
    return {
      frames,
      firstInferenceMs,
      framesPerSecond: spanMs > 0 ? ((finishedAt.length - 1) * 1000) / spanMs : undefined,
      stages:
        samples.length === 0
          ? undefined
          : (Object.fromEntries(liveStages.map((stage) => [stage, quantiles(stage)])) as StageSummary['stages']),
    };
  }
}
