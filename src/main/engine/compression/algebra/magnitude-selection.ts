/**
 * Exact selection of the smallest magnitudes. The bit pattern of a non-negative float32 grows with its value, so two counting passes
 * (upper and lower 16 bits) find the threshold among any number of weights without sorting them.
 */
const halfBits = 16;
const buckets = 1 << halfBits;
const magnitudeMask = 0x7fffffff;

const bitsOf = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);

/** The bucket in which the `wanted`-th element falls, and how many elements come before that bucket. */
function bucketOf(counts: Float64Array, wanted: number): { bucket: number; before: number } {
  let before = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    if (before + counts[bucket]! >= wanted) return { bucket, before };
    before += counts[bucket]!;
  }
  return { bucket: counts.length - 1, before };
}

/**
 * Marks (1) the elements of smallest magnitude, over all tensors together: exactly `count` of them, or, where elements stand for several
 * weights (`sizes`), as many as come nearest to `count` weights. Among equal magnitudes the first in order go first, so the result depends
 * on nothing else.
 */
export function markSmallest(
  tensors: readonly Float32Array[],
  count: number,
  sizes?: readonly Uint32Array[],
): Uint8Array[] {
  const marks = tensors.map((data) => new Uint8Array(data.length));
  if (count <= 0) return marks;
  const sizeOf = (tensor: number, index: number): number => sizes?.[tensor]![index] ?? 1;
  const counted = (bucketFor: (bits: number) => number): Float64Array => {
    const counts = new Float64Array(buckets);
    tensors.forEach((data, tensor) =>
      bitsOf(data).forEach((bits, index) => {
        const bucket = bucketFor(bits & magnitudeMask);
        if (bucket >= 0) counts[bucket]! += sizeOf(tensor, index);
      }),
    );
    return counts;
  };
  const high = bucketOf(
    counted((magnitude) => magnitude >>> halfBits),
    count,
  );
  const low = bucketOf(
    counted((magnitude) => (magnitude >>> halfBits === high.bucket ? magnitude & (buckets - 1) : -1)),
    count - high.before,
  );
  const threshold = high.bucket * buckets + low.bucket;
  let left = count - high.before - low.before;
  tensors.forEach((data, tensor) =>
    bitsOf(data).forEach((bits, index) => {
      const magnitude = bits & magnitudeMask;
      const size = sizeOf(tensor, index);
      if (magnitude < threshold) marks[tensor]![index] = 1;
      else if (magnitude === threshold && 2 * left >= size) {
        marks[tensor]![index] = 1;
        left -= size;
      }
    }),
  );
  return marks;
}
