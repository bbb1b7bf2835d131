import { describe, expect, test } from 'vitest';
import { cropGeometry, planCrop, roundHalfToEven } from '../../../src/main/engine/dataset/crop-geometry';

describe('crop geometry', () => {
  // By hand from the definition of torchvision's Resize(256) and CenterCrop(224).
  test.each([
    [500, 375, { width: 341, height: 256, left: 58, top: 16 }],
    [375, 500, { width: 256, height: 341, left: 16, top: 58 }],
    [500, 333, { width: 384, height: 256, left: 80, top: 16 }],
    [500, 332, { width: 385, height: 256, left: 80, top: 16 }],
    [256, 256, { width: 256, height: 256, left: 16, top: 16 }],
    [100, 50, { width: 512, height: 256, left: 144, top: 16 }],
  ])('%i x %i', (width, height, expected) => {
    expect(planCrop(width, height, { resize: 256, crop: 224 })).toEqual({
      ...expected,
      cropWidth: 224,
      cropHeight: 224,
    });
  });

  test('only crops images that are resized already', () => {
    expect(planCrop(227, 227, { crop: 224 })).toEqual({
      width: 227,
      height: 227,
      left: 1,
      top: 1,
      cropWidth: 224,
      cropHeight: 224,
    });
    expect(planCrop(223, 300, { crop: 224 })).toBeUndefined();
  });

  test('enlarges those a resized set left smaller than the crop, and only those', () => {
    const geometry = cropGeometry({ resize: 256, crop: 224 }, true);
    expect(planCrop(75, 56, geometry)).toEqual({
      width: 342,
      height: 256,
      left: 59,
      top: 16,
      cropWidth: 224,
      cropHeight: 224,
    });
    expect(planCrop(224, 227, geometry)).toEqual({
      width: 224,
      height: 227,
      left: 0,
      top: 1,
      cropWidth: 224,
      cropHeight: 224,
    });
  });

  // By hand: the short side of 90 x 60 becomes 20, the long one 30; the crop of 12 x 24 lies in the middle.
  test('a rectangle is cut from the middle', () => {
    const rectangle = { cropHeight: 12, cropWidth: 24 };
    expect(planCrop(90, 60, { resize: 20, crop: [12, 24] })).toEqual({
      width: 30,
      height: 20,
      left: 3,
      top: 4,
      ...rectangle,
    });
    expect(planCrop(60, 90, { resize: 20, crop: [12, 24] })).toBeUndefined();
  });

  test('a pair stretches to exactly that, also images of a set that is resized already', () => {
    const geometry = cropGeometry({ resize: [48, 192], crop: [48, 192] }, true);
    const whole = { width: 192, height: 48, left: 0, top: 0, cropHeight: 48, cropWidth: 192 };
    expect(planCrop(640, 480, geometry)).toEqual(whole);
    expect(planCrop(20, 300, geometry)).toEqual(whole);
  });

  test.each([
    [0.5, 0],
    [1.5, 2],
    [80.5, 80],
    [81.5, 82],
    [2.4, 2],
    [2.6, 3],
  ])('rounds %d to %i as Python does', (value, expected) => {
    expect(roundHalfToEven(value)).toBe(expected);
  });
});
