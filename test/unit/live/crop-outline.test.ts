import { describe, expect, it } from 'vitest';
import { cropOutline } from '../../../src/renderer/live/crop-outline';

describe('cropOutline', () => {
  it.each([
    // 480 rows become 256, 224 of which are seen: 420 pixels of the picture.
    [
      'a short side and a crop',
      { width: 640, height: 480 },
      256,
      [224, 224],
      false,
      { x: 110, y: 30, width: 420, height: 420 },
    ],
    [
      'an upright picture',
      { width: 480, height: 640 },
      256,
      [224, 224],
      false,
      { x: 30, y: 110, width: 420, height: 420 },
    ],
    [
      'the whole of the short side',
      { width: 640, height: 480 },
      224,
      [224, 224],
      false,
      { x: 80, y: 0, width: 480, height: 480 },
    ],
    [
      'the picture stretched',
      { width: 640, height: 480 },
      [224, 224],
      [224, 224],
      false,
      { x: 0, y: 0, width: 640, height: 480 },
    ],
    [
      'a crop that is no square',
      { width: 400, height: 200 },
      100,
      [48, 192],
      false,
      { x: 8, y: 52, width: 384, height: 96 },
    ],
    ['only cropped', { width: 256, height: 300 }, 256, [224, 224], true, { x: 16, y: 38, width: 224, height: 224 }],
    [
      'resized before, but smaller than the crop',
      { width: 100, height: 100 },
      256,
      [224, 224],
      true,
      { x: 6.25, y: 6.25, width: 87.5, height: 87.5 },
    ],
  ] as const)('%s', (_what, size, resize, crop, isResized, expected) => {
    const side = {
      resize: typeof resize === 'number' ? resize : ([...resize] as [number, number]),
      crop: [...crop] as [number, number],
    };
    expect(cropOutline(size, side, isResized)).toEqual(expected);
  });
});
