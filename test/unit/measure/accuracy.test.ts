import { describe, expect, it } from 'vitest';
import { accuracyMetrics, type Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';

interface Image {
  hash: string;
  label: number;
  top: number[];
}
const predictions = (images: Image[], facts: Partial<Predictions> = {}): Predictions => ({
  n: images.length,
  classes: 10,
  topK: images.map(({ top }) => top),
  labels: images.map(({ label }) => label),
  hashes: images.map(({ hash }) => hash),
  skipped: 0,
  ...facts,
});
/** 100 images of class 0; the first `wrong` of them answered 1 (class 0 second). */
const withErrors = (wrong: readonly number[], label = 0): Predictions =>
  predictions(
    Array.from({ length: 100 }, (_, index) => ({
      hash: `h${index}`,
      label,
      top: wrong.includes(index) ? [1, 0, 2, 3, 4] : [0, 1, 2, 3, 4],
    })),
  );

describe('accuracyMetrics', () => {
  it('counts top-1 and top-5 in percent with Wilson intervals', () => {
    const images = [
      { hash: 'a', label: 3, top: [3, 1, 2, 4, 5] },
      { hash: 'b', label: 5, top: [1, 2, 3, 4, 5] },
      { hash: 'c', label: 9, top: [1, 2, 3, 4, 5] },
      { hash: 'd', label: 0, top: [0, 2, 3, 4, 5] },
    ];
    const metrics = accuracyMetrics(predictions(images, { skipped: 2 }));
    expect(metrics).toMatchObject({ n: 4, skipped: 2, top1: 50, top5: 75 });
    // Wilson interval of 2 of 4: 0.15003 to 0.84997.
    expect(metrics.top1Interval?.[0]).toBeCloseTo(15.003, 2);
    expect(metrics.top1Interval?.[1]).toBeCloseTo(84.997, 2);
    expect(metrics).not.toHaveProperty('top1Delta');
    expect(metrics).not.toHaveProperty('agreement');
  });

  it('compares with the baseline on the same images by the discordant ones', () => {
    const baseline = withErrors([0, 1, 2]);
    const candidate = withErrors([2, 10, 11, 12, 13, 14, 15, 16]);
    const metrics = accuracyMetrics(candidate, baseline);
    expect(metrics.top1).toBe(92);
    // Gained images 0 and 1, lost seven.
    expect(metrics.top1Delta).toBe(-5);
    expect(metrics.agreement).toBe(91);
    // 2 (1 + 9 + 36) / 2^9.
    expect(metrics.mcnemarP).toBeCloseTo(92 / 512, 12);
    const [low, high] = metrics.top1DeltaInterval!;
    const spread = 196 * Math.sqrt((11 / 102 - (5 / 102) ** 2) / 102);
    expect(low).toBeCloseTo((-100 * 5) / 102 - spread, 2);
    expect(high).toBeCloseTo((-100 * 5) / 102 + spread, 2);
  });

  it('finds no difference against itself', () => {
    const same = withErrors([4, 5]);
    const metrics = accuracyMetrics(same, same);
    expect(metrics).toMatchObject({ top1Delta: 0, mcnemarP: 1, agreement: 100 });
    expect(metrics.top1DeltaInterval![0]).toBeLessThan(0);
    expect(metrics.top1DeltaInterval![1]).toBeGreaterThan(0);
  });

  it('matches images by hash, whatever their order, and leaves out those only one has seen', () => {
    const baseline = predictions([
      { hash: 'b', label: 2, top: [1] },
      { hash: 'a', label: 1, top: [1] },
      { hash: 'only here', label: 1, top: [1] },
    ]);
    const candidate = predictions([
      { hash: 'a', label: 1, top: [2] },
      { hash: 'b', label: 2, top: [2] },
      { hash: 'only there', label: 1, top: [1] },
    ]);
    const metrics = accuracyMetrics(candidate, baseline);
    expect(metrics).toMatchObject({ top1Delta: 0, agreement: 0, mcnemarP: 1, n: 3 });
  });

  it('says nothing of a comparison without common images', () => {
    const one = predictions([{ hash: 'a', label: 1, top: [1] }]);
    const other = predictions([{ hash: 'b', label: 1, top: [1] }]);
    const metrics = accuracyMetrics(one, other);
    expect(metrics).not.toHaveProperty('agreement');
    expect(metrics).not.toHaveProperty('top1Delta');
  });

  it('reports agreement alone when no image has a label', () => {
    const baseline = withErrors([0], -1);
    const metrics = accuracyMetrics(withErrors([1], -1), baseline);
    expect(metrics).toEqual({ n: 100, skipped: 0, agreement: 98 });
  });

  it('counts labelled images where only some have labels', () => {
    const images = [
      { hash: 'a', label: 1, top: [1] },
      { hash: 'b', label: -1, top: [1] },
    ];
    expect(accuracyMetrics(predictions(images))).toMatchObject({ n: 1, top1: 100 });
  });

  it('leaves top-5 out for five classes or fewer, where it says nothing', () => {
    const metrics = accuracyMetrics(predictions([{ hash: 'a', label: 1, top: [0, 1, 2, 3, 4] }], { classes: 5 }));
    expect(metrics.top1).toBe(0);
    expect(metrics).not.toHaveProperty('top5');
  });

  it('counts an image without any number in its scores as wrong and as agreeing with nothing', () => {
    const broken = predictions([{ hash: 'a', label: 1, top: [] }]);
    expect(accuracyMetrics(broken, broken)).toMatchObject({ top1: 0, top5: 0, agreement: 0 });
  });
});
