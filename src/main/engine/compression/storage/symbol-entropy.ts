import { elementCount, type Tensor } from '../../onnx/graph';

/** Bits of n symbols of which one occurs `count` times: its share of the Shannon entropy. */
const informationOf = (count: number, n: number): number => (count > 0 ? count * Math.log2(n / count) : 0);

function codesBits(codes: ArrayLike<number>, n: number): number {
  const counts = new Uint32Array(256);
  for (let index = 0; index < n; index++) counts[codes[index]! & 0xff]!++;
  return counts.reduce((bits, count) => bits + informationOf(count, n), 0);
}

function nibbles({ data, shape }: Tensor): Uint8Array {
  const bytes = data as Uint8Array;
  return Uint8Array.from({ length: elementCount(shape) }, (_, at) => (bytes[at >> 1]! >> (4 * (at & 1))) & 0xf);
}

function sortedWords({
  buffer,
  byteOffset,
  byteLength,
  BYTES_PER_ELEMENT,
}: Tensor['data']): ArrayLike<number | bigint> {
  const words = { 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[BYTES_PER_ELEMENT] ?? Uint8Array;
  return new words(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer).sort();
}

/**
 * Numbers of `width` bits: one that occurs often enough takes its `width` bits once, in a table, and is a symbol after that; all others
 * are spelled out behind one common symbol.
 */
function numbersBits(data: Tensor['data']): number {
  const n = data.length;
  const width = 8 * data.BYTES_PER_ELEMENT;
  const sorted = sortedWords(data);
  let bits = 0;
  let spelledOut = 0;
  for (let start = 0, end = 0; start < n; start = end) {
    while (end < n && sorted[end] === sorted[start]) end++;
    const count = end - start;
    const asSymbol = informationOf(count, n) + width;
    if (asSymbol < count * width) bits += asSymbol;
    else spelledOut += count;
  }
  return Math.min(bits + informationOf(spelledOut, n) + spelledOut * width, n * width);
}

/**
 * Bits an ideal entropy coder needs for the elements of a tensor when it takes each for itself (zeroth order; Shannon 1948). Codes of up to
 * 8 bits, in whatever type they are held, need no table, since all their values are known; wider numbers do.
 */
export function symbolBits(tensor: Tensor): number {
  const { type, data } = tensor;
  if (data.length === 0) return 0;
  if (type === 'int4' || type === 'uint4') return codesBits(nibbles(tensor), elementCount(tensor.shape));
  if (data.BYTES_PER_ELEMENT === 1) return codesBits(data as Uint8Array, data.length);
  if (type === 'int32' && (data as Int32Array).every((value) => value >= 0 && value <= 0xff))
    return codesBits(data as Int32Array, data.length);
  return numbersBits(data);
}
