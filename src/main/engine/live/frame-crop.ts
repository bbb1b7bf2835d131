import type { Preprocess } from '@shared/model-card';
import { cropGeometry } from '../dataset/crop-geometry';
import { cropPixels, decodeCrop } from '../dataset/preprocess';
import { readImage } from '../dataset/read-image';
import type { SideFrame } from './side-protocol';

/**
 * The pixels a network sees of a frame, RGB `[height, width, 3]`, by the very steps of an evaluation.
 * @param read hears when the file of an image was read
 * Throws `image.broken`, `image.too-large` and `image.too-small`.
 */
export async function frameCrop(
  frame: SideFrame,
  preprocess: Preprocess,
  read: () => void = () => undefined,
): Promise<Uint8Array> {
  switch (frame.kind) {
    case 'image': {
      const bytes = await readImage(frame.entry);
      read();
      return decodeCrop(bytes, frame.entry.path, cropGeometry(preprocess, frame.alreadyResized));
    }
    case 'file':
      return decodeCrop(frame.bytes, frame.name, cropGeometry(preprocess, false));
    case 'pixels':
      return cropPixels(withoutAlpha(frame.rgba), frame, 'the frame', cropGeometry(preprocess, false));
  }
}

/** Frames are opaque: with alpha, resizing would weigh colours by it. */
function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}
