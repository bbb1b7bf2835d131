import { formatNumber } from '@shared/format';
import type { ImageProblem } from '@shared/dataset';
import { join } from 'node:path';
import type { ClassNaming } from './class-names';
import type { LabelledImage } from './layout';
import { listFolder, listImages, type ImageFile } from './list-images';

/** A folder read as one folder a class. */
export interface ClassFolders {
  path: string;
  folders: { name: string; images: ImageFile[] }[];
  /** Images that lie in no class folder. */
  stray: ImageFile[];
}

export async function readClassFolders(path: string): Promise<ClassFolders> {
  const subfolders = (await listFolder(path)).filter((item) => item.isFolder).map((item) => item.name);
  const images = await listImages(path);
  const folders = new Map<string, ImageFile[]>();
  for (const name of subfolders) folders.set(name, []);
  const stray: ImageFile[] = [];
  for (const image of images) {
    const slash = image.relative.indexOf('/');
    if (slash < 0) stray.push(image);
    else folders.get(image.relative.slice(0, slash))?.push(image);
  }
  const filled = [...folders].filter(([, files]) => files.length > 0);
  return { path, folders: filled.map(([name, files]) => ({ name, images: files })), stray };
}

export function labelClassFolders(
  found: ClassFolders,
  naming: ClassNaming,
): { images: LabelledImage[]; problems: ImageProblem[] } {
  const images: LabelledImage[] = [];
  const problems: ImageProblem[] = [];
  for (const folder of found.folders) {
    const label = naming.labelOf(folder.name);
    if (label === undefined) {
      const message = `The folder ${folder.name} is no class of ${naming.labels ?? 'the list'}; its ${folder.images.length === 1 ? 'image is' : `${formatNumber(folder.images.length)} images are`} skipped.`;
      problems.push({ file: join(found.path, folder.name), message });
      continue;
    }
    for (const { path } of folder.images) images.push({ path, label });
  }
  for (const { path } of found.stray)
    problems.push({ file: path, message: `${path} lies in no class folder. The image is skipped.` });
  return { images, problems };
}
