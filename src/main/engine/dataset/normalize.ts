import type { InputType, ModelCard } from '@shared/model-card';

/** Writes one crop, RGB `[crop, crop, 3]`, as image number `index` of a batch tensor. */
export type Normalize = (crop: Uint8Array, batch: Float32Array | Uint8Array, index: number) => void;

/**
 * (value - mean) / std in the card's layout and channel order; mean and std are in that order too.
 * A byte has 256 values, so each channel is a table. For uint8 the values stay as they are.
 */
export function normalizeFor(card: ModelCard, type: InputType = 'float32'): Normalize {
  const { crop: side, mean, std } = card.preprocess;
  const size = side * side * 3;
  const planar = card.input.layout === 'NCHW';
  const step = planar ? 1 : 3;
  const [red, green, blue] = (card.input.channels === 'RGB' ? [0, 1, 2] : [2, 1, 0]).map((channel) => ({
    table: Float32Array.from({ length: 256 }, (_, level) =>
      type === 'uint8' ? level : (level - mean[channel]!) / std[channel]!,
    ),
    offset: planar ? channel * side * side : channel,
  })) as [Channel, Channel, Channel];
  return (crop, batch, index) => {
    const at = index * size;
    const offsets = [at + red.offset, at + green.offset, at + blue.offset] as const;
    writeImage(crop, size, [red.table, green.table, blue.table], batch, offsets, step);
  };
}

interface Channel {
  table: Float32Array;
  offset: number;
}

/** Apart from the closure and on local variables: that makes it a third faster, and it runs for every image. */
function writeImage(
  crop: Uint8Array,
  size: number,
  [redTable, greenTable, blueTable]: readonly [Float32Array, Float32Array, Float32Array],
  batch: Float32Array | Uint8Array,
  [redAt, greenAt, blueAt]: readonly [number, number, number],
  step: number,
): void {
  for (let from = 0, to = 0; from < size; from += 3, to += step) {
    batch[redAt + to] = redTable[crop[from]!]!;
    batch[greenAt + to] = greenTable[crop[from + 1]!]!;
    batch[blueAt + to] = blueTable[crop[from + 2]!]!;
  }
}

/** Shape of a batch tensor of this card. */
export function batchShape(card: ModelCard, images: number): number[] {
  const side = card.preprocess.crop;
  return card.input.layout === 'NHWC' ? [images, side, side, 3] : [images, 3, side, side];
}
