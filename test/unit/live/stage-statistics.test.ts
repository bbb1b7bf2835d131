import { describe, expect, it } from 'vitest';
import { StageStatistics } from '../../../src/shared/live/stage-statistics';

const answer = (inference: number, isFirst = false) => ({
  times: { capture: 1, preprocess: 2, inference, post: 0.5 },
  isFirst,
});

describe('StageStatistics', () => {
  it('keeps the first inference apart and interpolates percentiles as R and NumPy do', () => {
    const statistics = new StageStatistics();
    statistics.add(answer(500, true), 0);
    for (const [index, inference] of [10, 20, 30, 40].entries()) statistics.add(answer(inference), 100 * (index + 1));
    const summary = statistics.summary();
    expect(summary).toMatchObject({ frames: 5, firstInferenceMs: 500, framesPerSecond: 10 });
    // numpy.percentile([10, 20, 30, 40], [50, 90])
    expect(summary.stages?.inference.p50Ms).toBeCloseTo(25);
    expect(summary.stages?.inference.p90Ms).toBeCloseTo(37);
    expect(summary.stages?.capture).toEqual({ p50Ms: 1, p90Ms: 1 });
  });

  it('says nothing it does not know', () => {
    const statistics = new StageStatistics();
    expect(statistics.summary()).toEqual({
      frames: 0,
      firstInferenceMs: undefined,
      framesPerSecond: undefined,
      stages: undefined,
    });
    statistics.add(answer(500, true), 7);
    expect(statistics.summary()).toMatchObject({ frames: 1, framesPerSecond: undefined, stages: undefined });
  });

  it('looks back on so many frames, and counts no pause as time', () => {
    const statistics = new StageStatistics(2);
    for (let at = 0; at < 5; at++) statistics.add(answer(at), at * 1000);
    expect(statistics.summary().stages?.inference.p50Ms).toBe(3.5);
    expect(statistics.summary()).toMatchObject({ frames: 5, framesPerSecond: 1 });
    statistics.restartClock();
    expect(statistics.summary().framesPerSecond).toBeUndefined();
    statistics.add(answer(1), 900_000);
    statistics.add(answer(1), 900_100);
    expect(statistics.summary().framesPerSecond).toBe(10);
  });
});
