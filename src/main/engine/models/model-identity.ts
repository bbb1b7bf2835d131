import { createHash } from 'node:crypto';
import type { ModelFile } from '../onnx/model-files';
import { hashFile } from '../files/hash-file';
import { partsOf } from './model-format';

export interface ModelIdentity {
  /** Of a model in one file: the file's. Of several: over the sha256 of the .onnx and location, sha256 and length of each data file. */
  sha256: string;
  sizeBytes: number;
  files: readonly ModelFile[];
}

/** By the stamp of each file: hashing a hundred megabytes takes a while, and the window asks again at every change of a sweep. */
const known = new Map<string, Promise<string>>();
const kept = 500;

/** Identity and size of everything a model consists of. Throws what `partsOf` throws. */
export async function modelIdentity(path: string): Promise<ModelIdentity> {
  const files = partsOf(path);
  const hashes = await Promise.all(files.map(remembered));
  return {
    sha256: files.length === 1 ? hashes[0]! : combined(files, hashes),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
  };
}

/** Equal as long as no file of the model changed: the key to remember under what was read from it. Throws what `partsOf` throws. */
export function modelStamp(path: string): string {
  return partsOf(path)
    .map((file) => file.stamp)
    .join('\n');
}

function remembered({ path, stamp }: ModelFile): Promise<string> {
  let hash = known.get(stamp);
  if (!hash) {
    if (known.size >= kept) known.clear();
    hash = hashFile(path);
    hash.catch(() => known.delete(stamp));
    known.set(stamp, hash);
  }
  return hash;
}

function combined(files: readonly ModelFile[], hashes: readonly string[]): string {
  const lines = files.map(({ location, sizeBytes }, index) => JSON.stringify([location, hashes[index], sizeBytes]));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
