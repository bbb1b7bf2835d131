import type { LiveSideInfo } from '@shared/live/session';

/** A rectangle in pixels of the picture. */
export interface Outline {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * What a network sees of a picture: the middle that is left of it after resizing and cropping.
 * @param isResized the picture is only cropped, not resized before
 */
export function cropOutline(
  { width, height }: { width: number; height: number },
  { resize, crop: [cropHeight, cropWidth] }: Pick<LiveSideInfo, 'resize' | 'crop'>,
  isResized: boolean,
): Outline {
  const short = Math.min(width, height);
  const stretched = typeof resize !== 'number';
  // Pixels of the picture a pixel of the crop stands for. A resized one that is smaller than the crop is enlarged after all.
  const isKept = isResized && !stretched && width >= cropWidth && height >= cropHeight;
  const [perX, perY] = isKept
    ? [1, 1]
    : stretched
      ? [width / resize[1], height / resize[0]]
      : [short / resize, short / resize];
  const [seenWidth, seenHeight] = [Math.min(width, cropWidth * perX), Math.min(height, cropHeight * perY)];
  return { x: (width - seenWidth) / 2, y: (height - seenHeight) / 2, width: seenWidth, height: seenHeight };
}
