import { createHash } from 'node:crypto';
import { readFile, writeFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AppError } from '@shared/errors';
import type { ImageEntry, ImageSet } from '../dataset/dataset';
import { writeError } from '../files/atomic-file';
import { imagesKey } from '../jobs/step-key';
import type { ImageList } from './protocol';

/**
 * Images as they travel: a list of hashes, labels and sizes, and a pack with the bytes of every distinct image in the order of hashes. Sets of
 * the same images with other labels share a pack.
 */
export function packName(hashes: readonly string[]): string {
  return createHash('sha256')
    .update(['images', ...new Set(hashes)].sort().join('\n'))
    .digest('hex');
}

/** Distinct entries in the order of the pack. */
export function packed<E extends { hash: string }>(entries: readonly E[]): E[] {
  return [...new Map(entries.map((entry) => [entry.hash, entry])).values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/** The bytes of a pack. Throws `image.broken` where a file is another by now. */
export function readPack(entries: readonly ImageEntry[]): Readable {
  return Readable.from(
    (async function* () {
      for (const { path, hash } of packed(entries)) {
        const bytes = await readFile(path).catch(() => Buffer.alloc(0));
        if (sha256(bytes) !== hash)
          throw new AppError('image.broken', { path, detail: 'the file changed after the dataset was opened' });
        yield bytes;
      }
    })(),
    { objectMode: false },
  );
}

/** Writes the images of a pack below a folder by their hashes, each checked. Throws `agents.damaged`, `output.disk-full`, `output.unwritable`. */
export async function unpack(list: ImageList, chunks: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  const temporary = `${folder}.part`;
  const kept = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw writeError(folder, thrown);
    });
  await kept(rm(temporary, { recursive: true, force: true }));
  await kept(mkdir(temporary, { recursive: true }));
  const wanted = packed(list.entries.map(([hash, , sizeBytes]) => ({ hash, sizeBytes })));
  let at = 0;
  let parts: Uint8Array[] = [];
  let gathered = 0;
  const finish = async (): Promise<void> => {
    while (at < wanted.length && gathered >= wanted[at]!.sizeBytes) {
      const { hash, sizeBytes } = wanted[at++]!;
      const all = Buffer.concat(parts);
      const image = all.subarray(0, sizeBytes);
      if (sha256(image) !== hash) throw new AppError('agents.damaged', { file: hash });
      await kept(writeFile(join(temporary, hash), image));
      parts = [all.subarray(sizeBytes)];
      gathered = all.length - sizeBytes;
    }
  };
  for await (const chunk of chunks) {
    parts.push(chunk);
    gathered += chunk.length;
    if (gathered >= (wanted[at]?.sizeBytes ?? 0)) await finish();
  }
  await finish();
  if (at < wanted.length || gathered > 0) throw new AppError('agents.damaged', { file: wanted[at]?.hash ?? 'images' });
  await kept(rm(folder, { recursive: true, force: true }));
  await kept(rename(temporary, folder));
}

/** The set that a list stands for, with its images in a folder. Throws `agents.damaged` where it is not the set of that key. */
export function unpackedSet(list: ImageList, folder: string, key: string): ImageSet {
  const { split, alreadyResized } = list;
  const entries = list.entries.map(([hash, label]) => ({ path: join(folder, hash), hash, label }));
  const set: ImageSet = { split, alreadyResized, entries };
  if (imagesKey(set) !== key) throw new AppError('agents.damaged', { file: key });
  return set;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
