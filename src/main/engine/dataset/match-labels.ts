import type { ImageProblem } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { basename, join } from 'node:path';
import type { LabelLine } from './label-file';
import type { LabelledImage } from './layout';
import type { ImageFile } from './list-images';

/** Above this many problems of one kind, the rest become one line. */
const detailLimit = 20;

/**
 * Joins the images of a folder with the lines of a label file. Names are relative to the folder, to `prefix` above it, or bare
 * file names. A label file may name more images than there are (one often has a part of a dataset); images without a line
 * are skipped when they are few. Throws `dataset.labels-mismatch` when they are most, and `dataset.path-outside`.
 */
export function matchLabels(
  images: readonly ImageFile[],
  lines: readonly LabelLine[],
  place: { labelFile: string; folder: string; prefix: string; onlyListed: boolean },
): { images: LabelledImage[]; problems: ImageProblem[] } {
  const byName = new Map<string, ImageFile>();
  for (const image of images) byName.set(basename(image.relative), image);
  for (const image of images) byName.set(place.prefix + image.relative, image);
  for (const image of images) byName.set(image.relative, image);

  const labels = new Map<ImageFile, number>();
  const absent: ImageProblem[] = [];
  const conflicts: ImageProblem[] = [];
  for (const { name, label } of lines) {
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..')) {
      throw new AppError('dataset.path-outside', { path: place.labelFile, value: name });
    }
    const image = byName.get(name);
    if (!image) {
      const file = join(place.folder, name);
      absent.push({ file, message: `${place.labelFile} names ${name}, which is not in ${place.folder}.` });
    } else if ((labels.get(image) ?? label) !== label) {
      const message = `${place.labelFile} gives ${name} two classes; the first counts.`;
      conflicts.push({ file: image.path, message });
    } else labels.set(image, label);
  }
  if (labels.size === 0) {
    throw new AppError('dataset.labels-mismatch', {
      path: place.labelFile,
      detail: `none of the ${lines.length} files it names is among the ${images.length} images in ${place.folder}`,
    });
  }
  const without = place.onlyListed ? [] : images.filter((image) => !labels.has(image));
  if (without.length * 2 > images.length) {
    throw new AppError('dataset.labels-mismatch', {
      path: place.labelFile,
      detail: `${without.length} of the ${images.length} images in ${place.folder} have no line (first: ${without[0]!.relative})`,
    });
  }
  const unlabelled = without.map(({ path }) => ({
    file: path,
    message: `${path} has no line in ${place.labelFile}. The image is skipped.`,
  }));
  return {
    images: [...labels].map(([{ path }, label]) => ({ path, label })),
    problems: [absent, conflicts, unlabelled].flatMap(condense),
  };
}

function condense(problems: ImageProblem[]): ImageProblem[] {
  if (problems.length <= detailLimit) return problems;
  const rest = problems.length - detailLimit;
  const [first] = problems.slice(detailLimit);
  return [
    ...problems.slice(0, detailLimit),
    { file: first!.file, message: `${first!.message} And ${rest - 1} more like it.` },
  ];
}
