import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { jpegStream } from '../../../src/main/engine/live/jpeg-stream';
import { rawStream } from '../../../src/main/engine/live/raw-stream';

/** The stream in pieces of these lengths, the last one of the rest. */
async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield await Promise.resolve(bytes.subarray(at, at + length));
    at += length;
  }
  yield bytes.subarray(at);
}
async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of stream) found.push(item);
  return found;
}

let pictures: Buffer[] = [];
beforeAll(async () => {
  const noise = sharp({
    create: {
      width: 12,
      height: 10,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  });
  const plain = await noise.clone().jpeg({ quality: 100 }).toBuffer();
  const progressive = await noise.clone().jpeg({ progressive: true }).toBuffer();
  // A whole picture inside a comment, as thumbnails lie in EXIF.
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, (plain.length + 2) >> 8, (plain.length + 2) & 255]), plain]);
  const nested = Buffer.concat([plain.subarray(0, 2), comment, plain.subarray(2)]);
  pictures = [plain, progressive, nested];
});

describe('jpegStream', () => {
  it('finds whole pictures however the stream is cut', async () => {
    const stream = Buffer.concat(pictures);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 40 }), async (lengths) => {
        const found = await all(jpegStream(pieces(stream, lengths)));
        expect(found.map((bytes, index) => Buffer.compare(bytes, pictures[index]!))).toEqual([0, 0, 0]);
      }),
      { numRuns: 40 },
    );
    expect((await all(jpegStream(pieces(stream, new Array<number>(stream.length).fill(1))))).length).toBe(3);
  });

  it.each([
    ['something else', () => Buffer.from('not a picture'), 'there is no JPEG picture'],
    ['a picture cut short', () => pictures[0]!.subarray(0, -3), 'the last picture is cut short'],
    [
      'odd bytes between segments',
      () => Buffer.concat([pictures[0]!.subarray(0, 2), Buffer.from([1, 2, 3, 4])]),
      'a JPEG picture is damaged',
    ],
  ])('refuses %s', async (_what, bytes, sentence) => {
    await expect(all(jpegStream(pieces(bytes(), [])))).rejects.toThrow(sentence);
  });

  it('never runs on, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(20), async (tail, cut) => {
        const stream = Buffer.concat([pictures[0]!.subarray(0, 20 + cut), tail]);
        await all(jpegStream(pieces(stream, [7]))).catch((error: Error) =>
          expect(error.message).toContain('standard input'),
        );
      }),
    );
  });
});

describe('rawStream', () => {
  it('makes RGBA of RGB, however the stream is cut', async () => {
    const frames = await all(
      rawStream(
        pieces(
          Uint8Array.from({ length: 24 }, (_, i) => i),
          [1, 4, 9],
        ),
        { width: 2, height: 2 },
      ),
    );
    expect(frames.map((frame) => [...frame])).toEqual([
      [0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255],
      [12, 13, 14, 255, 15, 16, 17, 255, 18, 19, 20, 255, 21, 22, 23, 255],
    ]);
  });

  it('refuses a frame that is cut short', async () => {
    await expect(all(rawStream(pieces(new Uint8Array(13), []), { width: 2, height: 2 }))).rejects.toThrow(
      'has 1 bytes',
    );
  });
});
