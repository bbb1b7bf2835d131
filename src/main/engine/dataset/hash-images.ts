import type { ImageProblem } from '@shared/dataset';
import type { ImageEntry } from './dataset';
import { hashFiles } from './hash-index';
import type { LabelledImage } from './layout';

/** Images below `root` with their identity; those that cannot be read are problems. Throws `cancelled`. */
export async function hashImages<I extends LabelledImage>(
  root: string,
  images: readonly I[],
  options: Parameters<typeof hashFiles>[2],
): Promise<{ found: (I & ImageEntry)[]; problems: ImageProblem[] }> {
  const hashes = await hashFiles(
    root,
    images.map(({ path }) => path),
    options,
  );
  const found: (I & ImageEntry)[] = [];
  const problems: ImageProblem[] = [];
  for (const [index, image] of images.entries()) {
    const hash = hashes[index];
    if (hash !== undefined) found.push({ ...image, hash });
    else problems.push({ file: image.path, message: `${image.path} cannot be read. The image is skipped.` });
  }
  return { found, problems };
}
