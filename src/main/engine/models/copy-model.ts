import { constants, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@shared/errors';
import { writeError } from '../files/atomic-file';
import { modelFiles } from '../onnx/model-files';
import { hashFile } from '../files/hash-file';

/**
 * Copies a model with all its files. The .onnx may get another name; data files keep theirs, since the .onnx names them, and another file
 * of that name is never replaced.
 * Throws `output.unwritable`, `output.disk-full` and what `modelFiles` throws.
 */
export async function copyModel(source: string, destination: string): Promise<void> {
  const [own, ...data] = modelFiles(source);
  for (const { path, location } of data) {
    const target = join(dirname(destination), location);
    try {
      await mkdir(dirname(target), { recursive: true });
      await copyFile(path, target, constants.COPYFILE_EXCL).catch(async (thrown: NodeJS.ErrnoException) => {
        const isThere = thrown.code === 'EEXIST' && (await hashFile(target)) === (await hashFile(path));
        if (!isThere) throw thrown.code === 'EEXIST' ? taken(target) : thrown;
      });
    } catch (thrown) {
      throw writeError(target, thrown);
    }
  }
  await copyFile(own!.path, destination).catch((thrown: unknown) => {
    throw writeError(destination, thrown);
  });
}

function taken(path: string): AppError {
  return new AppError('output.unwritable', {
    path,
    detail: 'the model needs a data file of that name, and another file has it',
  });
}
