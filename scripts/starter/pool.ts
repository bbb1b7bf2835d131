import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCrop } from '../../src/main/engine/dataset/preprocess';
import { resizedSide } from './card';
import { workFolder } from './folders';
import { jpegOf, labelNames, renderPicture, type PictureSplit } from './picture';

/** Training pictures in memory: RGB, `[count, 112, 112, 3]`; the class of each is its place modulo the number of classes. */
export interface Pool {
  pixels: Uint8Array;
  count: number;
}

export const pictureBytes = resizedSide * resizedSide * 3;
export const labelOf = (position: number): number => position % labelNames.length;

const geometry = { resize: resizedSide, crop: resizedSide };
const atOnce = 16;

/** The first pictures of a split, compressed and scaled as evaluation has them; rendered once, then kept. */
export async function picturePool(split: PictureSplit, count: number): Promise<Pool> {
  const path = join(workFolder, `${split}-${count}.rgb`);
  if (existsSync(path)) return { pixels: await readFile(path), count };
  const pixels = new Uint8Array(count * pictureBytes);
  for (let first = 0; first < count; first += atOnce) {
    if (first % (50 * atOnce) === 0) console.log(`${split}: ${first} of ${count} pictures`);
    const some = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => first + at);
    await Promise.all(
      some.map(async (index) => {
        const jpeg = await jpegOf(renderPicture(split, index));
        pixels.set(await decodeCrop(jpeg, `${split} ${index}`, geometry), index * pictureBytes);
      }),
    );
  }
  await mkdir(workFolder, { recursive: true });
  await writeFile(`${path}.part`, pixels);
  await rename(`${path}.part`, path);
  return { pixels, count };
}
