import { heightAndWidth, type Preprocess } from '@shared/model-card';

/** Which pixels of an image a network sees; models that share it share cached crops. */
export interface CropGeometry {
  /** Short side after resizing, or `[height, width]` to stretch to; undefined when images are only cropped. */
  resize?: Preprocess['resize'];
  /** For images that are only cropped: the short side that those smaller than the crop are enlarged to. */
  enlarge?: number;
  /** Side of the square in the centre, or its `[height, width]`. */
  crop: Preprocess['crop'];
}

/** Where an image is scaled to and cut: sizes and offsets in pixels, offsets in the scaled image. */
export interface CropPlan {
  width: number;
  height: number;
  left: number;
  top: number;
  cropWidth: number;
  cropHeight: number;
}

/** Sets whose images are scaled already are only cropped, but for networks that see the whole image stretched. */
export function cropGeometry(preprocess: Pick<Preprocess, 'resize' | 'crop'>, alreadyResized: boolean): CropGeometry {
  const { resize, crop } = preprocess;
  return alreadyResized && typeof resize === 'number' ? { enlarge: resize, crop } : { resize, crop };
}

/** torchvision's `Resize`: the short side becomes `size`, the long side floor(size * long / short); of a pair, each side its own. */
function scaledTo(size: Preprocess['resize'], width: number, height: number): { width: number; height: number } {
  if (typeof size !== 'number') return { height: size[0], width: size[1] };
  return {
    width: width <= height ? size : Math.floor((size * width) / height),
    height: height <= width ? size : Math.floor((size * height) / width),
  };
}

/**
 * The geometry of torchvision's `Resize(resize)` and `CenterCrop(crop)`, offsets rounded as Python does. Images that came already scaled
 * are only cropped, and a half-pixel offset is rounded down, as `(size - crop) // 2` does in the scripts that prepare such sets; those
 * such a script left smaller than the crop are resized after all. Undefined when the scaled image is smaller than the crop.
 */
export function planCrop(width: number, height: number, geometry: CropGeometry): CropPlan | undefined {
  const [cropHeight, cropWidth] = heightAndWidth(geometry.crop);
  const isTooSmall = width < cropWidth || height < cropHeight;
  const resize = geometry.resize ?? (isTooSmall ? geometry.enlarge : undefined);
  const scaled = resize === undefined ? { width, height } : scaledTo(resize, width, height);
  if (scaled.width < cropWidth || scaled.height < cropHeight) return undefined;
  const round = resize === undefined ? Math.floor : roundHalfToEven;
  return {
    ...scaled,
    left: round((scaled.width - cropWidth) / 2),
    top: round((scaled.height - cropHeight) / 2),
    cropWidth,
    cropHeight,
  };
}

/** Python's `round`: 80.5 becomes 80, 81.5 becomes 82. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
