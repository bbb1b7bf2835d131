import { splits, type ImageCheck, type ImageProblem } from '@shared/dataset';
import { AppError, toAppError } from '@shared/errors';
import { hash } from 'node:crypto';
import { concurrentMap } from './concurrent-map';
import type { Dataset, ImageEntry } from './dataset';
import { imageError, openImageFile, readImageFile } from './image-file';

const atOnce = 4;
/** Side of the square that pictures are compared in, pixels. */
const comparedSide = 32;

interface CheckOptions {
  signal?: AbortSignal;
  progress?(done: number, total: number): void;
}

/** What decoding an image to its last row found. */
interface Look {
  problem?: ImageProblem;
  /** Equal for equal pixels, whatever the file: a hash of the picture made small. */
  picture?: string;
}

/**
 * Decodes every image of the splits to its last row: what is wrong with the files, as a run finds it when it gets to them; and which images for
 * calibration or training show the very pixels of an evaluation image although the files differ (saved again without loss, or with other
 * metadata). Throws `cancelled`.
 */
export async function checkSplits(
  dataset: Pick<Dataset, 'eval' | 'calibration' | 'train'>,
  options: CheckOptions = {},
): Promise<ImageCheck> {
  const images = splits.flatMap((split) => dataset[split].entries.map(({ path }) => ({ path, split })));
  const looks = await lookAt(images, options);
  const pictures = new Map<string, string>();
  for (const [index, { picture }] of looks.entries())
    if (picture !== undefined && images[index]!.split === 'eval') pictures.set(picture, images[index]!.path);
  const evaluated = looks.flatMap(({ picture }, index): ImageProblem[] => {
    const { path, split } = images[index]!;
    const twin = picture === undefined || split === 'eval' ? undefined : pictures.get(picture);
    const purpose = split === 'train' ? 'training' : split;
    return twin === undefined
      ? []
      : [{ file: path, message: `${path}, for ${purpose}, shows the evaluation image ${twin}.` }];
  });
  return { images: images.length, problems: looks.flatMap(({ problem }) => problem ?? []), evaluated };
}

async function lookAt(entries: readonly Pick<ImageEntry, 'path'>[], options: CheckOptions): Promise<Look[]> {
  let done = 0;
  return concurrentMap(entries, atOnce, async ({ path }) => {
    if (options.signal?.aborted) throw new AppError('cancelled');
    const look = await lookAtImage(path);
    options.progress?.(++done, entries.length);
    return look;
  });
}

async function lookAtImage(path: string): Promise<Look> {
  try {
    const { image, header } = await openImageFile(await readImageFile(path), path);
    // Shrunk while it is read: a hundred megapixels never lie in memory, and every row is decoded.
    const small = await image
      .removeAlpha()
      .toColourspace('srgb')
      .resize(comparedSide, comparedSide, { fit: 'fill', fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
    return { picture: `${header.width} ${header.height} ${hash('sha256', small)}` };
  } catch (thrown) {
    return { problem: { file: path, message: toAppError(imageError(path, thrown)).message } };
  }
}
