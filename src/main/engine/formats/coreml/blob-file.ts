import { dataTypes, type BlobType } from './schema';

const alignment = 64;
const sentinel = 0xdeadbeef;
const version = 2;

/**
 * The file of weights beside an ML Program (MILBlob's StorageFormat.hpp, version 2): a header of 64 bytes, then for each tensor 64 bytes that
 * say what it is, and its numbers. Everything begins at a multiple of 64.
 */
export class BlobFile {
  private readonly parts: Uint8Array[] = [];
  private count = 0;
  private length = alignment;

  /**
   * Takes a tensor in; answers where its metadata lie, which is how a program names it.
   * @param bytes its numbers, packed as `packCodes` does where they have less than a byte. @param elements how many
   */
  add(type: BlobType, bytes: Uint8Array, elements: number): number {
    const offset = this.length;
    const metadata = new DataView(new ArrayBuffer(alignment));
    metadata.setUint32(0, sentinel, true);
    metadata.setUint32(4, dataTypes[type].blob, true);
    metadata.setBigUint64(8, BigInt(bytes.byteLength), true);
    metadata.setBigUint64(16, BigInt(offset + alignment), true);
    metadata.setBigUint64(24, BigInt(bytes.byteLength * 8 - elements * dataTypes[type].bits), true);
    this.parts.push(new Uint8Array(metadata.buffer), bytes, new Uint8Array(-bytes.byteLength & (alignment - 1)));
    this.length += alignment + bytes.byteLength + (-bytes.byteLength & (alignment - 1));
    this.count++;
    return offset;
  }

  /** The file, in one piece. */
  bytes(): Uint8Array {
    const header = new DataView(new ArrayBuffer(alignment));
    header.setUint32(0, this.count, true);
    header.setUint32(4, version, true);
    return Buffer.concat([new Uint8Array(header.buffer), ...this.parts]);
  }
}

/** Codes of 1 to 8 bits one behind the other, the first in the lowest bits; what does not fit into a byte goes on in the next. */
export function packCodes(codes: ArrayLike<number>, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  const mask = 2 ** bits - 1;
  for (let index = 0, at = 0; index < codes.length; index++, at += bits) {
    const shifted = (codes[index]! & mask) << (at & 7);
    bytes[at >> 3]! |= shifted;
    if (shifted > 0xff) bytes[(at >> 3) + 1]! |= shifted >> 8;
  }
  return bytes;
}
