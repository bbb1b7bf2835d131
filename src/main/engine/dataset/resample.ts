import type { CropPlan } from './crop-geometry';

/**
 * Bilinear resampling with antialias as Pillow's `Image.resize(..., BILINEAR)` does it on 8-bit images: a triangle filter
 * whose support grows with the scale, coefficients in fixed point, first along rows, then along columns, rounded to 8 bits
 * after each. Equal to Pillow's result bit for bit. Only the crop is computed.
 * @param source RGB, `[sourceHeight, sourceWidth, 3]`
 * @returns RGB, `[height, width, 3]` of the crop
 */
export function resampleCrop(
  source: Uint8Array,
  sourceWidth: number,
  sourceHeight: number,
  plan: CropPlan,
): Uint8Array {
  const { cropWidth, cropHeight } = plan;
  const columns = filterTaps(sourceWidth, plan.width, plan.left, cropWidth);
  const rows = filterTaps(sourceHeight, plan.height, plan.top, cropHeight);
  const firstRow = rows.start[0]!;
  const endRow = rows.start[cropHeight - 1]! + rows.count[cropHeight - 1]!;
  const stride = cropWidth * 3;
  const narrowed = new Uint8Array((endRow - firstRow) * stride);
  for (let y = firstRow; y < endRow; y++) {
    alongRow(source, y * sourceWidth * 3, columns, narrowed, (y - firstRow) * stride);
  }
  const result = new Uint8Array(cropHeight * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < cropHeight; y++) {
    sums.fill(half);
    for (let tap = 0; tap < rows.count[y]!; tap++) {
      const weight = rows.weights[y * rows.taps + tap]!;
      const from = (rows.start[y]! - firstRow + tap) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += narrowed[from + i]! * weight;
    }
    for (let i = 0; i < stride; i++) result[y * stride + i] = sums[i]! >> precisionBits;
  }
  return result;
}

/** Pillow's precision: products of a weight and a byte, summed, stay inside 32 bits. */
const precisionBits = 22;
const half = 1 << (precisionBits - 1);

interface FilterTaps {
  /** For each output pixel: the first source pixel, how many, and their weights (`taps` places a pixel). */
  start: Int32Array;
  count: Int32Array;
  weights: Int32Array;
  taps: number;
}

function filterTaps(sourceSize: number, scaledSize: number, offset: number, size: number): FilterTaps {
  const scale = sourceSize / scaledSize;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const result: FilterTaps = {
    start: new Int32Array(size),
    count: new Int32Array(size),
    weights: new Int32Array(size * taps),
    taps,
  };
  const weights = new Float64Array(taps);
  for (let i = 0; i < size; i++) {
    const center = (offset + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(sourceSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      weights[tap] = Math.max(0, 1 - Math.abs((start + tap - center + 0.5) / support));
      sum += weights[tap]!;
    }
    for (let tap = 0; tap < count; tap++) {
      result.weights[i * taps + tap] = Math.trunc(0.5 + (weights[tap]! / sum) * (1 << precisionBits));
    }
    result.start[i] = start;
    result.count[i] = count;
  }
  return result;
}

function alongRow(source: Uint8Array, row: number, columns: FilterTaps, target: Uint8Array, at: number): void {
  const { start, count, weights, taps } = columns;
  for (let x = 0, out = at; x < start.length; x++, out += 3) {
    let red = half;
    let green = half;
    let blue = half;
    let from = row + start[x]! * 3;
    const end = x * taps + count[x]!;
    for (let tap = x * taps; tap < end; tap++, from += 3) {
      const weight = weights[tap]!;
      red += source[from]! * weight;
      green += source[from + 1]! * weight;
      blue += source[from + 2]! * weight;
    }
    target[out] = red >> precisionBits;
    target[out + 1] = green >> precisionBits;
    target[out + 2] = blue >> precisionBits;
  }
}
