/**
 * (code - zero) * scale in float32, as DequantizeLinear computes it.
 * @param scale one for all, or one for each place along an axis; so is `zero`. @param inner how many codes lie behind one place of that axis
 */
export function decodeCodes(
  codes: ArrayLike<number | bigint>,
  { scale, zero }: { scale: ArrayLike<number>; zero: ArrayLike<number | bigint> },
  inner: number,
): Float32Array {
  const at = (values: ArrayLike<number | bigint>, index: number): number =>
    Number(values[values.length === 1 ? 0 : Math.floor(index / inner) % values.length]);
  return Float32Array.from(
    { length: codes.length },
    (_, index) => Math.fround(Number(codes[index]) - at(zero, index)) * at(scale, index),
  );
}
