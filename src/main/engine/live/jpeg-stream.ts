import { AppError } from '@shared/errors';

const frameLimitBytes = 64 * 2 ** 20;
const [startOfImage, endOfImage, startOfScan, filler] = [0xd8, 0xd9, 0xda, 0xff];
/** Markers without a length: TEM, RST0 to RST7, SOI. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= startOfImage);

/**
 * Pictures of a stream of JPEG files one after another (MJPEG as ffmpeg writes it), each as soon as its end is there. Walks the segments of
 * ITU-T T.81 (annex B), so that a small picture inside another one does not end it.
 * Throws `live.stream` for anything else.
 */
export async function* jpegStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held = new Uint8Array(0);
  let walk: Walk = { at: 0, isScan: false };
  for await (const chunk of chunks) {
    held = joined(held, chunk);
    for (;;) {
      const end = endOfPicture(held, walk);
      if (end === undefined) break;
      yield held.slice(0, end);
      held = held.subarray(end);
      walk = { at: 0, isScan: false };
    }
    if (held.length > frameLimitBytes) throw new AppError('live.stream', { detail: 'a picture has no end' });
  }
  if (held.length > 0) throw new AppError('live.stream', { detail: 'the last picture is cut short' });
}

/** How far a picture has been looked at. */
interface Walk {
  at: number;
  /** Within coded data, where only a marker that is neither a restart nor a stuffed byte ends it. */
  isScan: boolean;
}

/** Where the picture ends, or undefined while its end is not there; `walk` goes on from where it was. */
function endOfPicture(bytes: Uint8Array, walk: Walk): number | undefined {
  const from = walk.at;
  if (from === 0) {
    if (bytes.length < 2) return undefined;
    if (bytes[0] !== filler || bytes[1] !== startOfImage)
      throw new AppError('live.stream', { detail: 'there is no JPEG picture' });
    walk.at = 2;
  }
  while (walk.at + 1 < bytes.length) {
    if (walk.isScan) {
      const marker = bytes.indexOf(filler, walk.at);
      if (marker < 0) {
        walk.at = bytes.length;
        return undefined;
      }
      walk.at = marker;
      const code = bytes[marker + 1];
      if (code === undefined) return undefined;
      if (code === 0 || isBare(code)) walk.at = marker + 2;
      else if (code === filler) walk.at = marker + 1;
      else walk.isScan = false;
      continue;
    }
    if (bytes[walk.at] !== filler) throw new AppError('live.stream', { detail: 'a JPEG picture is damaged' });
    const code = bytes[walk.at + 1]!;
    if (code === endOfImage) return walk.at + 2;
    if (code === filler) walk.at++;
    else if (isBare(code)) walk.at += 2;
    else {
      if (walk.at + 3 >= bytes.length) return undefined;
      const length = bytes[walk.at + 2]! * 256 + bytes[walk.at + 3]!;
      if (length < 2) throw new AppError('live.stream', { detail: 'a JPEG picture is damaged' });
      // Only once it is there: the next look begins at a marker.
      if (walk.at + 2 + length > bytes.length) return undefined;
      walk.at += 2 + length;
      walk.isScan = code === startOfScan;
    }
  }
  return undefined;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
