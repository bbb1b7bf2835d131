import type { InputType, ModelCard } from '@shared/model-card';

/** Writes one crop, RGB `[crop, crop, 3]`, as image number `index` of a batch tensor. */
export type Normalize = (crop: Uint8Array, batch: Float32Array | Uint8Array, index: number) => void;

/**
 * (value - mean) / std in the card's layout and channel order; mean and std are in that order too.
 * A byte has 256 values, so each channel is a table. For uint8 the values stay as they are.
 */
export function normalizeFor(card: ModelCard, type: InputType = 'float32'): Normalize {
  const { crop: side, mean, std } = card.preprocess;
  const pixels = side * side;
  const tables = mean.map((value, channel) =>
    Float32Array.from({ length: 256 }, (_, level) => (type === 'uint8' ? level : (level - value) / std[channel]!)),
  );
  const [first, second, third] = tables as [Float32Array, Float32Array, Float32Array];
  const source = card.input.channels === 'RGB' ? [0, 1, 2] : [2, 1, 0];
  const [a, b, c] = source as [number, number, number];
  if (card.input.layout === 'NHWC') {
    return (crop, batch, index) => {
      let to = index * pixels * 3;
      for (let from = 0; from < pixels * 3; from += 3) {
        batch[to++] = first[crop[from + a]!]!;
        batch[to++] = second[crop[from + b]!]!;
        batch[to++] = third[crop[from + c]!]!;
      }
    };
  }
  return (crop, batch, index) => {
    let to = index * pixels * 3;
    for (let from = 0; from < pixels * 3; from += 3, to++) {
      batch[to] = first[crop[from + a]!]!;
      batch[to + pixels] = second[crop[from + b]!]!;
      batch[to + 2 * pixels] = third[crop[from + c]!]!;
    }
  };
}

/** Shape of a batch tensor of this card. */
export function batchShape(card: ModelCard, images: number): number[] {
  const side = card.preprocess.crop;
  return card.input.layout === 'NHWC' ? [images, side, side, 3] : [images, 3, side, side];
}
