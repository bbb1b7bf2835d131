import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlobFile, packCodes } from '../../../../src/main/engine/formats/coreml/blob-file';

/** What Apple's writer (libmilstoragepython of coremltools 9.0) makes of 1, 2, 3, 4, 5, 6, 7, 0, 1, 5, cut to the bits. */
const byApple = [
  { type: 'UINT3', bits: 3, packed: 'd1581f29', code: 12, padding: 2 },
  { type: 'UINT6', bits: 6, packed: '8130108571004101', code: 13, padding: 4 },
  { type: 'UINT4', bits: 4, packed: '2143650751', code: 11, padding: 0 },
  { type: 'UINT2', bits: 2, packed: '393905', code: 10, padding: 4 },
  { type: 'UINT1', bits: 1, packed: '5503', code: 9, padding: 6 },
] as const;
const codes = [1, 2, 3, 4, 5, 6, 7, 0, 1, 5];

describe('a weight file', () => {
  it.each(byApple)('packs $type as Apple does', ({ type, bits, packed, code, padding }) => {
    const bytes = packCodes(codes, bits);
    expect(Buffer.from(bytes).toString('hex')).toBe(packed);
    const file = new BlobFile();
    expect(file.add(type, bytes, codes.length)).toBe(64);
    const view = new DataView(Uint8Array.from(file.bytes()).buffer);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([1, 2]);
    expect([view.getUint32(64, true), view.getUint32(68, true)]).toEqual([0xdeadbeef, code]);
    expect([72, 80, 88].map((at) => Number(view.getBigUint64(at, true)))).toEqual([bytes.length, 128, padding]);
  });

  it('begins everything at multiples of 64', () => {
    const file = new BlobFile();
    expect([3, 64, 65].map((length) => file.add('INT8', new Uint8Array(length), length))).toEqual([64, 192, 320]);
    expect(file.bytes().length).toBe(512);
  });

  it('packs any codes so that they can be told apart again', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4, 6, 8), fc.uint8Array(), (bits, values) => {
        const kept = values.map((value) => value & (2 ** bits - 1));
        const bytes = packCodes(kept, bits);
        const bitAt = (at: number): number => (bytes[at >> 3]! >> (at & 7)) & 1;
        const read = kept.map((_, index) =>
          Array.from({ length: bits }, (_, bit) => bitAt(index * bits + bit) << bit).reduce((sum, bit) => sum + bit, 0),
        );
        expect(read).toEqual(kept);
      }),
    );
  });
});
