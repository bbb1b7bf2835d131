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
 * Copies of the tensors in which exactly the `count` weights of smallest magnitude, over all tensors together, are zero. Among equal
 * magnitudes the first in order go first, so the result depends on nothing else.
 */
export function zeroSmallest(tensors: readonly Float32Array[], count: number): Float32Array[] {
  if (count <= 0) return tensors.map((data) => data.slice());
  const upper = new Float64Array(buckets);
  for (const data of tensors) for (const bits of bitsOf(data)) upper[(bits & magnitudeMask) >>> halfBits]!++;
  const high = bucketOf(upper, count);
  const lower = new Float64Array(buckets);
  for (const data of tensors) {
    for (const bits of bitsOf(data))
      if ((bits & magnitudeMask) >>> halfBits === high.bucket) lower[bits & (buckets - 1)]!++;
  }
  const low = bucketOf(lower, count - high.before);
  const threshold = high.bucket * buckets + low.bucket;
  let ties = count - high.before - low.before;
  return tensors.map((data) => {
    const result = data.slice();
    const bits = bitsOf(data);
    for (let index = 0; index < bits.length; index++) {
      const magnitude = bits[index]! & magnitudeMask;
      if (magnitude < threshold) result[index] = 0;
      else if (magnitude === threshold && ties > 0) {
        result[index] = 0;
        ties--;
      }
    }
    return result;
  });
}
