import { channelCount, heightAndWidth, type ModelCard } from '@shared/model-card';

/** What images can become: normalised numbers or raw pixels. */
export type PixelType = 'float32' | 'uint8';

/** Writes one crop, RGB `[height, width, 3]`, as image number `index` of a batch tensor. */
export type Normalize = (crop: Uint8Array, batch: Float32Array | Uint8Array, index: number) => void;

/**
 * (value - mean) / std in the card's layout and channel order; mean and std are in that order too.
 * A byte has 256 values, so each channel is a table. For uint8 the values stay as they are.
 */
export function normalizeFor(card: ModelCard, type: PixelType = 'float32'): Normalize {
  const [height, width] = heightAndWidth(card.preprocess.crop);
  const pixels = height * width;
  if (channelCount(card.input) === 1) {
    const table = tableOf(card, 0, type);
    return (crop, batch, index) => writeGray(crop, pixels, table, batch, index * pixels);
  }
  const size = pixels * 3;
  const planar = card.input.layout === 'NCHW';
  const step = planar ? 1 : 3;
  const [red, green, blue] = (card.input.channels === 'RGB' ? [0, 1, 2] : [2, 1, 0]).map((channel) => ({
    table: tableOf(card, channel, type),
    offset: planar ? channel * pixels : channel,
  })) as [Channel, Channel, Channel];
  return (crop, batch, index) => {
    const at = index * size;
    const offsets = [at + red.offset, at + green.offset, at + blue.offset] as const;
    writeColours(crop, size, [red.table, green.table, blue.table], batch, offsets, step);
  };
}

interface Channel {
  table: Float32Array;
  offset: number;
}

function tableOf({ preprocess }: ModelCard, channel: number, type: PixelType): Float32Array {
  const [mean, std] = [preprocess.mean[channel]!, preprocess.std[channel]!];
  return Float32Array.from({ length: 256 }, (_, level) => (type === 'uint8' ? level : (level - mean) / std));
}

/** Apart from the closure and on local variables: that makes it a third faster, and it runs for every image. */
function writeColours(
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

/** Luma of ITU-R BT.601 in the fixed point of Pillow's `convert("L")`: weights in 1/65536, rounded. */
function writeGray(
  crop: Uint8Array,
  pixels: number,
  table: Float32Array,
  batch: Float32Array | Uint8Array,
  at: number,
): void {
  for (let from = 0, to = at; to < at + pixels; from += 3, to++) {
    const luma = (crop[from]! * 19595 + crop[from + 1]! * 38470 + crop[from + 2]! * 7471 + 0x8000) >> 16;
    batch[to] = table[luma]!;
  }
}

/** Shape of a batch tensor of this card. */
export function batchShape(card: ModelCard, images: number): number[] {
  const [height, width] = heightAndWidth(card.preprocess.crop);
  const channels = channelCount(card.input);
  return card.input.layout === 'NHWC' ? [images, height, width, channels] : [images, channels, height, width];
}
