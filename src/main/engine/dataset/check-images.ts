import type { ImageProblem } from '@shared/dataset';
import { AppError, toAppError } from '@shared/errors';
import { concurrentMap } from './concurrent-map';
import type { ImageEntry } from './dataset';
import { imageError, openImageFile, readImageFile } from './image-file';

const atOnce = 4;

/**
 * Decodes every image to its last row: what is wrong with the files, in their order. A run finds the same when it gets to them.
 * Throws `cancelled`.
 */
export async function checkImages(
  entries: readonly Pick<ImageEntry, 'path'>[],
  options: { signal?: AbortSignal; progress?(done: number, total: number): void } = {},
): Promise<ImageProblem[]> {
  let done = 0;
  const found = await concurrentMap(entries, atOnce, async ({ path }) => {
    if (options.signal?.aborted) throw new AppError('cancelled');
    const problem = await imageProblem(path);
    options.progress?.(++done, entries.length);
    return problem;
  });
  return found.filter((problem) => problem !== undefined);
}

async function imageProblem(path: string): Promise<ImageProblem | undefined> {
  try {
    const { image } = await openImageFile(await readImageFile(path), path);
    // Shrunk while it is read: a hundred megapixels never lie in memory, and every row is decoded.
    await image.resize(8, 8, { fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer();
    return undefined;
  } catch (thrown) {
    return { file: path, message: toAppError(imageError(path, thrown)).message };
  }
}
