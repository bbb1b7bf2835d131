import { crc32, inflateRawSync } from 'node:zlib';
import type { ZipEntry } from './zip';

const [endSignature, directorySignature, localSignature] = [0x06054b50, 0x02014b50, 0x04034b50];
const [endBytes, directoryBytes, localBytes] = [22, 46, 30];
const commentLimit = 0xffff;
/** Of all files together, so that a small archive cannot unpack to a huge one. */
const usualLimit = 2 ** 26;

/**
 * The files of a ZIP archive that lies at the end of other bytes, stored or deflated; undefined where there is none. Content that is stored
 * is a view. Nothing is trusted: all places are checked, and the checksums.
 * @param contentLimit bytes that all files may have together
 */
export function readZip(bytes: Uint8Array, contentLimit = usualLimit): ZipEntry[] | 'damaged' | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  if (end === undefined) return undefined;
  try {
    return entriesOf(view, bytes, end, contentLimit);
  } catch {
    // Out of bounds, or no deflated data.
    return 'damaged';
  }
}

function endOf(view: DataView): number | undefined {
  const last = view.byteLength - endBytes;
  for (let at = last; at >= 0 && at >= last - commentLimit; at--) {
    if (view.getUint8(at) !== 0x50 || view.getUint32(at, true) !== endSignature) continue;
    if (at + endBytes + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return undefined;
}

function entriesOf(view: DataView, bytes: Uint8Array, end: number, contentLimit: number): ZipEntry[] | 'damaged' {
  const [count, size, offset] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  // Offsets may count from the start of the archive and not of the file.
  const start = end - size;
  const shift = start - offset;
  const entries: ZipEntry[] = [];
  let allowance = contentLimit;
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at < 0 || view.getUint32(at, true) !== directorySignature) return 'damaged';
    const [method, checksum] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true)];
    const [packedBytes, contentBytes] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameBytes, extraBytes, noteBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const local = view.getUint32(at + 42, true) + shift;
    if (view.getUint32(local, true) !== localSignature) return 'damaged';
    const content = local + localBytes + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const name = at + directoryBytes;
    at = name + nameBytes! + extraBytes! + noteBytes!;
    allowance -= contentBytes;
    if (content + packedBytes > end || at > end || allowance < 0) return 'damaged';
    const packed = bytes.subarray(content, content + packedBytes);
    const unpacked = method === 8 ? inflated(packed, contentBytes) : packed;
    if ((method !== 0 && method !== 8) || unpacked.length !== contentBytes || crc32(unpacked) !== checksum)
      return 'damaged';
    entries.push({ name: Buffer.from(bytes.subarray(name, name + nameBytes!)).toString('utf8'), content: unpacked });
  }
  return entries;
}

function inflated(packed: Uint8Array, bytes: number): Uint8Array {
  return Uint8Array.from(inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) }));
}
