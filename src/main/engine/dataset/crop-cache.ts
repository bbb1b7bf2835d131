import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { heightAndWidth } from '@shared/model-card';
import type { CropGeometry } from './crop-geometry';
import { preprocessVersion } from './preprocess';

/** Decoded crops on disk, so that the second model of a sweep decodes nothing. */
export interface CropCache {
  /** The crop, RGB `[height, width, 3]`, or undefined when it is not there whole. */
  read(imageHash: string): Promise<Uint8Array | undefined>;
  /** Never fails: without room on the disk, crops are decoded again next time. */
  write(imageHash: string, crop: Uint8Array): Promise<void>;
}

/**
 * One file a crop, under the hash of the image and the geometry: image sets that overlap share crops, and the folder may be
 * deleted in part or as a whole at any time. A file is renamed into place, and ends in a checksum over pixels and identity
 * instead of being flushed to the disk: after a power cut a torn file counts as absent.
 */
export function openCropCache(cacheFolder: string, geometry: CropGeometry): CropCache {
  const resize = geometry.resize?.toString() ?? `as-is-${geometry.enlarge ?? 'or-not'}`;
  const key = `${preprocessVersion}-${resize}-${geometry.crop.toString()}`;
  const folder = join(cacheFolder, 'crops', key.replace(/[^\w.-]/g, '_'));
  const pathOf = (imageHash: string): string => join(folder, imageHash.slice(0, 2), `${imageHash}.crop`);
  const [height, width] = heightAndWidth(geometry.crop);
  const sizeBytes = height * width * 3;
  const madeFolders = new Set<string>();
  let writable = true;

  return {
    async read(imageHash) {
      const file = await readFile(pathOf(imageHash)).catch(() => undefined);
      if (file?.length !== sizeBytes + checksumBytes) return undefined;
      const crop = file.subarray(0, sizeBytes);
      return file.readUInt32LE(sizeBytes) === checksum(key, imageHash, crop) ? crop : undefined;
    },
    async write(imageHash, crop) {
      if (!writable) return;
      const path = pathOf(imageHash);
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      const end = Buffer.alloc(checksumBytes);
      end.writeUInt32LE(checksum(key, imageHash, crop));
      try {
        if (!madeFolders.has(dirname(path))) {
          await mkdir(dirname(path), { recursive: true });
          madeFolders.add(dirname(path));
        }
        const file = await open(temporary, 'wx');
        await file.writev([crop, end]).finally(() => file.close());
        await rename(temporary, path);
      } catch {
        writable = false;
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },
  };
}

const checksumBytes = 4;

function checksum(key: string, imageHash: string, crop: Uint8Array): number {
  return crc32(crop, crc32(createHash('sha256').update(`${key} ${imageHash}`).digest()));
}
