import type { TrainingCourse } from './training-course';

/** Where a training run stands, besides its numbers. */
export interface Standing {
  /** Steps that are done. */
  done: number;
  epoch: number;
  /** Batches of that epoch that are done. */
  batches: number;
  course: TrainingCourse;
}

/** A standing, which is plain data, and the numbers that go with it, as bytes: the length of the standing as JSON, that, and the float32 numbers. */
export function encodeCheckpoint<S = Standing>(standing: S, numbers: readonly Float32Array[]): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(standing));
  const count = numbers.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(4 + header.length + 4 * count);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let position = 4 + header.length;
  for (const { buffer, byteOffset, byteLength } of numbers) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), position);
    position += byteLength;
  }
  return bytes;
}

/** Reads what `encodeCheckpoint` wrote into arrays of the same lengths; undefined where there is more or less of it. */
export function decodeCheckpoint<S = Standing>(bytes: Uint8Array, into: readonly Float32Array[]): S | undefined {
  if (bytes.length < 4) return undefined;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const wanted = into.reduce((sum, { byteLength }) => sum + byteLength, 4 + headerLength);
  if (bytes.length !== wanted) return undefined;
  const standing = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength))) as S;
  let position = 4 + headerLength;
  for (const { buffer, byteOffset, byteLength } of into) {
    new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(position, position + byteLength));
    position += byteLength;
  }
  return standing;
}
