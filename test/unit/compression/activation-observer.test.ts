import { expect, test } from 'vitest';
import { ActivationObserver } from '../../../src/main/engine/compression/calibration/activation-observer';

test('extremes and means of each channel of axis 1, over batches of different size', () => {
  const observer = new ActivationObserver();
  // [2 images, 2 channels, 2 elements], then one more image.
  expect(observer.add(Float32Array.of(1, 2, -1, -2, 3, 4, -3, -4), [2, 2, 2])).toBe(true);
  expect(observer.add(Float32Array.of(5, 9, 0, 2), [1, 2, 2])).toBe(true);
  const { histogram, ...rest } = observer.result();
  expect(rest).toEqual({
    count: 12,
    min: -4,
    max: 9,
    channelMin: [1, -4],
    channelMax: [9, 2],
    channelMean: [24 / 6, -8 / 6],
  });
  expect(histogram.counts.reduce((total, count) => total + count, 0)).toBe(12);
  expect(JSON.parse(JSON.stringify({ histogram, ...rest }))).toEqual({ histogram, ...rest });
});

test('rows of a matrix: one element a channel', () => {
  const observer = new ActivationObserver();
  observer.add(Float32Array.of(1, 2, 3, 4), [2, 2]);
  expect(observer.result()).toMatchObject({ channelMean: [2, 3], channelMin: [1, 2], count: 4 });
});

test.each([NaN, Infinity, -Infinity, -3.4028234e38])('%d is refused', (value) => {
  expect(new ActivationObserver().add(Float32Array.of(1, value, 2), [1, 3])).toBe(false);
});

test('extremes found beside the grid count for the range, channel by channel', () => {
  const observer = new ActivationObserver();
  observer.add(Float32Array.of(1, 2), [1, 2, 1]);
  expect(observer.widen(1, Float32Array.of(5, 1), [1, 2, 1])).toBe(true);
  expect(observer.widen(-1, Float32Array.of(0, 7), [1, 2, 1])).toBe(true);
  expect(observer.result()).toMatchObject({ min: -7, max: 5, channelMin: [0, -7], channelMax: [5, 2] });
  expect(observer.widen(1, Float32Array.of(NaN, 0), [1, 2, 1])).toBe(false);
});
