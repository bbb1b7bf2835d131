import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';

/**
 * Makes Chromium's fake camera show a picture for as long as it runs: an MJPEG is JPEG files one after another.
 * @returns the switches to start with
 */
export async function fakeCamera(picture: string, mjpeg: string): Promise<string[]> {
  const frame = await sharp(picture)
    .resize(640, 480, { fit: 'contain', background: '#808080' })
    .jpeg({ quality: 95, chromaSubsampling: '4:2:0' })
    .toBuffer();
  await writeFile(mjpeg, Buffer.concat(Array.from({ length: 4 }, () => frame)));
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${mjpeg}`];
}
