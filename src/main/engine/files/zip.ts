import { deflateRaw, crc32 } from 'node:zlib';
import { promisify } from 'node:util';
import { AppError } from '@shared/errors';

/** One file of an archive. */
export interface ZipEntry {
  /** Path inside, with forward slashes. */
  name: string;
  content: Uint8Array;
}

/** Beyond it offsets need the 64-bit records of ZIP64, which are not written here. */
const byteLimit = 2 ** 32 - 1;
/** 1 January 1980, the first day that the format knows: equal contents give equal archives. */
const [dosTime, dosDate] = [0, 0x21];
const isUtf8 = 1 << 11;
const [stored, deflated] = [0, 8];
const deflate = promisify(deflateRaw);

interface PackedEntry extends ZipEntry {
  packed: Uint8Array;
}

/**
 * A ZIP archive (PKWARE APPNOTE 6.3) as parts to write one after another: deflated, names in UTF-8, without times of its own.
 * @param path of the archive, for messages. Throws `handover.too-large`
 */
export async function zipArchive(entries: readonly ZipEntry[], path: string): Promise<Uint8Array[]> {
  const total = entries.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (total > byteLimit || entries.length > 0xffff)
    throw new AppError('handover.too-large', { path, bytes: total, limit: byteLimit });
  const packed: PackedEntry[] = [];
  for (const entry of entries) packed.push({ ...entry, packed: await deflate(entry.content) });
  return assemble(packed, deflated, 0);
}

/**
 * An archive of files that are stored as they are, to lie behind another file in one: readers find it from the end.
 * @param offset bytes before it, of which all its offsets count.
 */
export function storedZip(entries: readonly ZipEntry[], offset: number): Uint8Array {
  return Buffer.concat(
    assemble(
      entries.map((entry) => ({ ...entry, packed: entry.content })),
      stored,
      offset,
    ),
  );
}

function assemble(entries: readonly PackedEntry[], method: number, start: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = start;
  for (const entry of entries) {
    const encoded = Buffer.from(entry.name, 'utf8');
    const common = facts(encoded, entry, method);
    const local = Buffer.concat([words(0x04034b50), common, encoded]);
    directory.push(centralRecord(common, encoded, offset));
    parts.push(local, entry.packed);
    offset += local.byteLength + entry.packed.byteLength;
  }
  const size = directory.reduce((sum, record) => sum + record.byteLength, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return [...parts, ...directory, words(0x06054b50), end];
}

/** What local header and directory have in common: version 2.0, flags, method, time, checksum, sizes, length of the name. */
function facts(name: Uint8Array, { content, packed }: PackedEntry, method: number): Buffer {
  const record = Buffer.alloc(26);
  [20, isUtf8, method, dosTime, dosDate].forEach((value, index) => record.writeUInt16LE(value, 2 * index));
  record.writeUInt32LE(crc32(content), 10);
  record.writeUInt32LE(packed.byteLength, 14);
  record.writeUInt32LE(content.byteLength, 18);
  record.writeUInt16LE(name.byteLength, 22);
  return record;
}

/** Regular files that everybody may read, as Unix writes it. */
const externalAttributes = (0o100644 << 16) >>> 0;
const madeByUnix = 0x0314;

function centralRecord(common: Buffer, name: Uint8Array, offset: number): Buffer {
  const start = Buffer.alloc(6);
  start.writeUInt32LE(0x02014b50, 0);
  start.writeUInt16LE(madeByUnix, 4);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(externalAttributes, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([start, common, rest, name]);
}

function words(signature: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(signature, 0);
  return buffer;
}
