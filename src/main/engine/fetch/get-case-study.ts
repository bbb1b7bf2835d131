import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import type { CaseStudySources } from './catalogue';
import type { DownloadOptions } from './download';
import { getImages } from './get-images';
import { getModel } from './get-model';

export interface CaseStudyOptions extends Omit<DownloadOptions, 'progress'> {
  /** The text of the sweep file `file` in `folder`, of models and a folder of images there. */
  sweepText(models: string[], images: string, file: string, folder: string): string;
  /** Bytes of what is fetched now. */
  progress?(name: string, doneBytes: number, totalBytes: number): void;
  unpacking?(files: number): void;
}

/**
 * Fetches the networks and images of the published case study into `folder` and writes the sweep that runs it there. What is there
 * already is not fetched again.
 * @returns the path of the sweep file. Throws what `getModel` and `getImages` throw.
 */
export async function getCaseStudy(
  { models, images }: CaseStudySources,
  folder: string,
  { sweepText, progress, unpacking, ...options }: CaseStudyOptions,
): Promise<string> {
  for (const [name, model] of Object.entries(models)) {
    await getModel(model, join(folder, 'models'), name, {
      ...options,
      progress: (done, total) => progress?.(name, done, total),
    });
  }
  await getImages(images, folder, {
    ...options,
    progress: (done, total) => progress?.(images.name, done, total),
    unpacking,
  });
  const paths = Object.keys(models).map((name) => join(folder, 'models', `${name}.onnx`));
  const text = sweepText(paths, join(folder, images.root), 'case-study.yaml', folder);
  const path = join(folder, 'case-study.yaml');
  await writeFileAtomic(path, `${introduction(images.title)}${text}`);
  return path;
}

/** Imagenette divides ImageNet's training images anew, so most of what it evaluates on was trained on. */
function introduction(title: string): string {
  return (
    `# Three ImageNet models, seven recipes, 1,000 images of ${title}.\n` +
    `# Most of these images were among those the models were trained on: top-1 is higher here than on ImageNet's validation\n` +
    `# images. Differences between recipes are what counts.\n`
  );
}
