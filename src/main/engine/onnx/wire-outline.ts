/**
 * The outline of a protobuf file: its top-level fields, read without decoding them. It tells a model that was cut short
 * from a file that never was a model, which the decoder's own errors do not.
 */
export type WireOutline =
  | { kind: 'onnx' }
  /** Begins like an ONNX model and breaks off. */
  | { kind: 'truncated'; detail: string }
  | { kind: 'foreign' };

/** Top-level fields of ModelProto by number: their wire type (0 varint, 2 length-delimited). */
const modelFields = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
]);
const irVersionField = 1;
const newestIrVersion = 100;

/** @param bytes the whole file. Reads a few bytes per top-level field only. */
export function outlineOf(bytes: Uint8Array): WireOutline {
  let position = 0;
  let hasIrVersion = false;
  while (position < bytes.length) {
    const tag = readVarint(bytes, position);
    if (tag === undefined) return broken(hasIrVersion, bytes, position);
    const field = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (!isField(field, wireType)) {
      // A damaged file may go wrong anywhere; one that never was a model does so at its first fields.
      return hasIrVersion && position > 8
        ? { kind: 'truncated', detail: `unreadable at byte ${position}` }
        : { kind: 'foreign' };
    }
    const fixedBytes = wireType === 1 ? 8 : wireType === 5 ? 4 : 0;
    const value = fixedBytes > 0 ? { value: 0, end: tag.end + fixedBytes } : readVarint(bytes, tag.end);
    if (value === undefined || value.end > bytes.length) return broken(hasIrVersion, bytes, position);
    position = value.end;
    if (field === irVersionField) {
      if (value.value < 1 || value.value > newestIrVersion) return { kind: 'foreign' };
      hasIrVersion = true;
    }
    if (wireType === 2) {
      const end = position + value.value;
      if (end > bytes.length) return broken(hasIrVersion, bytes, position, end);
      position = end;
    }
  }
  return hasIrVersion ? { kind: 'onnx' } : { kind: 'foreign' };
}

/** Fields of later versions of the format are skipped, as protobuf intends. */
function isField(field: number, wireType: number): boolean {
  const known = modelFields.get(field);
  return known === undefined ? field > 0 && field < 1000 && [0, 1, 2, 5].includes(wireType) : known === wireType;
}

function broken(hasIrVersion: boolean, bytes: Uint8Array, position: number, end?: number): WireOutline {
  if (!hasIrVersion && position > 0) return { kind: 'foreign' };
  const expected =
    end === undefined ? 'it ends in the middle of a field' : `it has ${bytes.length} bytes of at least ${end}`;
  return { kind: 'truncated', detail: expected };
}

/** A varint as a number; undefined when it breaks off or has more than 10 bytes. Exact up to 2^53. */
function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}
