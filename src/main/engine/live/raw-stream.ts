import { AppError } from '@shared/errors';

/** Frames of a stream of raw RGB, three bytes a pixel, as RGBA `[height, width, 4]`. Throws `live.stream` where the last is cut short. */
export async function* rawStream(
  chunks: AsyncIterable<Uint8Array>,
  { width, height }: { width: number; height: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const pixels = width * height;
  let rgba = new Uint8Array(pixels * 4).fill(255);
  let at = 0;
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      rgba[Math.floor(at / 3) * 4 + (at % 3)] = byte;
      if (++at < pixels * 3) continue;
      yield rgba;
      rgba = new Uint8Array(pixels * 4).fill(255);
      at = 0;
    }
  }
  if (at > 0) {
    const detail = `the last frame has ${at} bytes, and ${width} x ${height} pixels of RGB take ${pixels * 3}`;
    throw new AppError('live.stream', { detail });
  }
}
