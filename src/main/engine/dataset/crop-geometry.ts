import type { Preprocess } from '@shared/model-card';

/** Which pixels of an image a network sees; models that share it share cached crops. */
export interface CropGeometry {
  /** Short side after resizing; undefined when images are only cropped. */
  resize?: number;
  /** For images that are only cropped: the short side that those smaller than the crop are enlarged to. */
  enlarge?: number;
  /** Side of the square in the centre. */
  crop: number;
}

/** Where an image is scaled to and cut: sizes and offsets in pixels, offsets in the scaled image. */
export interface CropPlan {
  width: number;
  height: number;
  left: number;
  top: number;
  crop: number;
}

export function cropGeometry(preprocess: Pick<Preprocess, 'resize' | 'crop'>, alreadyResized: boolean): CropGeometry {
  const { resize, crop } = preprocess;
  return alreadyResized ? { enlarge: resize, crop } : { resize, crop };
}

/**
 * The geometry of torchvision's `Resize(resize)` and `CenterCrop(crop)`: long side = floor(resize * long / short), offsets
 * rounded as Python does. Images that came already scaled are only cropped, and a half-pixel offset is rounded down, as
 * `(size - crop) // 2` does in the scripts that prepare such sets; those such a script left smaller than the crop are resized after all. Undefined when the scaled image is smaller than the crop.
 */
export function planCrop(width: number, height: number, geometry: CropGeometry): CropPlan | undefined {
  const { enlarge, crop } = geometry;
  const isTooSmall = Math.min(width, height) < crop;
  const resize = geometry.resize ?? (isTooSmall ? enlarge : undefined);
  const scaledWidth = resize === undefined ? width : width <= height ? resize : Math.floor((resize * width) / height);
  const scaledHeight = resize === undefined ? height : height <= width ? resize : Math.floor((resize * height) / width);
  if (scaledWidth < crop || scaledHeight < crop) return undefined;
  const round = resize === undefined ? Math.floor : roundHalfToEven;
  return {
    width: scaledWidth,
    height: scaledHeight,
    left: round((scaledWidth - crop) / 2),
    top: round((scaledHeight - crop) / 2),
    crop,
  };
}

/** Python's `round`: 80.5 becomes 80, 81.5 becomes 82. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
