import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCrop } from '../../src/main/engine/dataset/preprocess';
import { resizedSide } from './card';
import { workFolder } from './folders';
import { jpegOf, labelNames, renderPicture, type PictureSplit } from './picture';

/** Training pictures in memory: RGB, `[count, side, side, 3]`; the class of each is its place modulo the number of classes. */
export interface Pool {
  pixels: Uint8Array;
  count: number;
  /** Pixels. */
  side: number;
}

export const pictureBytes = (side: number): number => side * side * 3;
export const labelOf = (position: number): number => position % labelNames.length;

const atOnce = 16;

/** The first pictures of a split, compressed and scaled as evaluation has them; rendered once, then kept. */
export async function picturePool(split: PictureSplit, count: number, side = resizedSide): Promise<Pool> {
  const path = join(workFolder, `${split}-${count}-${side}.rgb`);
  if (existsSync(path)) return { pixels: await readFile(path), count, side };
  const bytes = pictureBytes(side);
  const pixels = new Uint8Array(count * bytes);
  for (let first = 0; first < count; first += atOnce) {
    if (first % (50 * atOnce) === 0) console.log(`${split}: ${first} of ${count} pictures`);
    const some = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => first + at);
    await Promise.all(
      some.map(async (index) => {
        const jpeg = await jpegOf(renderPicture(split, index));
        pixels.set(await decodeCrop(jpeg, `${split} ${index}`, { resize: side, crop: side }), index * bytes);
      }),
    );
  }
  await mkdir(workFolder, { recursive: true });
  await writeFile(`${path}.part`, pixels);
  await rename(`${path}.part`, path);
  return { pixels, count, side };
}
