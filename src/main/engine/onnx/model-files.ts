import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { AppError } from '@shared/errors';
import { locateExternal } from './external-data';
import { externalReferences } from './external-references';

/** One of the files a model consists of. */
export interface ModelFile {
  path: string;
  /** Where the model says it lies, relative to its folder, in one spelling; '' for the .onnx itself. */
  location: string;
  sizeBytes: number;
  /** Changes whenever the file may have changed. */
  stamp: string;
}

/**
 * All files a model consists of: the .onnx and the data files beside it that its weights lie in, these sorted by location.
 * Throws `model.not-found`, `model.external-data-outside` and `model.external-data-missing`.
 */
export function modelFiles(path: string): ModelFile[] {
  let references: ReturnType<typeof externalReferences>;
  let own: ModelFile;
  try {
    own = fileOf(path, '');
    references = externalReferences(path);
  } catch (cause) {
    throw new AppError('model.not-found', { name: path }, { cause });
  }
  const data = new Map<string, ModelFile>();
  for (const { tensor, location } of references) {
    const realPath = locateExternal(path, tensor, location);
    data.set(realPath, fileOf(realPath, posix.normalize(location.replaceAll('\\', '/'))));
  }
  return [own, ...[...data.values()].sort((a, b) => (a.location < b.location ? -1 : 1))];
}

/** Facts of one file. Throws what `stat` throws. */
export function fileOf(path: string, location: string): ModelFile {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
  return { path, location, sizeBytes: Number(size), stamp: [path, size, mtimeNs, ctimeNs, ino].join(':') };
}
