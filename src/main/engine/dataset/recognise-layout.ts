import { AppError } from '@shared/errors';
import { splits, type Split } from '@shared/dataset';
import { stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { labelClassFolders, readClassFolders, type ClassFolders } from './class-folders';
import { imagenet, nameClasses } from './class-names';
import { readDatasetFile } from './dataset-file';
import { readDevkitGroundTruth } from './devkit-labels';
import { readKaggleSolution, readLabelFile, type LabelLine } from './label-file';
import type { ClassList, FoundPool, Layout } from './layout';
import { listImages } from './list-images';
import { matchLabels } from './match-labels';

type ReadLabels = (path: string, list: ClassList) => Promise<LabelLine[]>;

/** Label files of ImageNet's validation images, by where they lie in the folder. */
const labelFiles: { places: string[]; read: ReadLabels }[] = [
  { places: ['val.txt'], read: readLabelFile },
  { places: ['LOC_val_solution.csv'], read: readKaggleSolution },
  {
    places: ['', 'data/', 'ILSVRC2012_devkit_t12/data/'].map((at) => `${at}ILSVRC2012_validation_ground_truth.txt`),
    read: readDevkitGroundTruth,
  },
];
/** Where the images are that such a file labels; else anywhere below the folder. */
const imageFolders = ['ILSVRC/Data/CLS-LOC/val', 'ILSVRC2012_img_val', 'val', 'images'];

const splitFolders: Record<Split, string[]> = {
  eval: ['val', 'validation', 'valid', 'eval', 'test'],
  calibration: ['calibration', 'calib'],
  train: ['train', 'training'],
};

/**
 * Finds images and labels in a folder. In this order: dataset.json; a label file of ImageNet's validation images; train and
 * val folders; class folders; images without labels. Throws `dataset.empty` and what reading labels throws.
 */
export async function recogniseLayout(root: string): Promise<Layout> {
  const datasetFile = join(root, 'dataset.json');
  if (await isFile(datasetFile)) return readDatasetFile(datasetFile);
  for (const { places, read } of labelFiles) {
    for (const place of places) {
      if (await isFile(join(root, place))) return readLabelled(root, join(root, place), read);
    }
  }
  const found = await readClassFolders(root);
  if (found.folders.length === 0 && found.stray.length === 0) throw new AppError('dataset.empty', { path: root });
  const withSplits = splitsAmong(found);
  if (withSplits) return readSplitFolders(root, withSplits);
  return layoutOf({ eval: found });
}

async function readLabelled(root: string, labelFile: string, read: ReadLabels): Promise<Layout> {
  let folder = root;
  for (const name of imageFolders) {
    if (folder === root && (await stat(join(root, name)).catch(() => undefined))?.isDirectory())
      folder = join(root, name);
  }
  const images = await listImages(folder);
  if (images.length === 0) throw new AppError('dataset.empty', { path: folder });
  let lines = await read(labelFile, {});
  const prefix = folder === root ? '' : `${relative(root, folder).replaceAll('\\', '/')}/`;
  // Only a list of a thousand classes or ImageNet's file names say that the numbers are ImageNet's.
  const last = lines.reduce((most, line) => Math.max(most, line.label), 0);
  const isImagenet = last === imagenet.classes! - 1 || images.some((image) => image.relative.includes('ILSVRC2012'));
  if (isImagenet) lines = await read(labelFile, imagenet);
  const matched = matchLabels(images, lines, { labelFile, folder, prefix, onlyListed: false });
  return {
    ...(isImagenet ? imagenet : { classes: last + 1 }),
    description: basename(labelFile),
    pools: { eval: { images: matched.images, alreadyResized: false } },
    problems: matched.problems,
  };
}

/** The split folders, when the images lie in nothing else. */
function splitsAmong(found: ClassFolders): Partial<Record<Split, string>> | undefined {
  const names = found.folders.map((folder) => folder.name);
  if (found.stray.length > 0 || !names.every((name) => Object.values(splitFolders).flat().includes(name)))
    return undefined;
  const result: Partial<Record<Split, string>> = {};
  for (const split of splits) result[split] = splitFolders[split].find((name) => names.includes(name));
  return names.length > 0 ? result : undefined;
}

async function readSplitFolders(root: string, names: Partial<Record<Split, string>>): Promise<Layout> {
  const found: Partial<Record<Split, ClassFolders>> = {};
  for (const split of splits) if (names[split]) found[split] = await readClassFolders(join(root, names[split]));
  // One folder alone is a pool, whatever its name.
  const all = Object.values(found);
  return layoutOf(all.length === 1 ? { eval: all[0] } : found);
}

function layoutOf(found: Partial<Record<Split, ClassFolders>>): Layout {
  const byClass = Object.values(found).filter((folders) => !isOneFolderOfImages(folders));
  const naming = nameClasses(
    byClass.flatMap((folders) => folders.folders.map((folder) => folder.name)),
    {},
  );
  const layout: Layout = { description: 'no labels', pools: {}, problems: [] };
  if (byClass.length > 0) {
    const { labels, labelNames, classes } = naming;
    Object.assign(layout, { labels, labelNames, classes, description: `class folders (${naming.description})` });
  }
  for (const split of splits) {
    const folders = found[split];
    if (!folders) continue;
    const { images, problems } = byClass.includes(folders)
      ? labelClassFolders(folders, naming)
      : { images: unlabelledImages(folders), problems: [] };
    layout.pools[split] = pool(images);
    layout.problems.push(...problems);
  }
  return layout;
}

/** No class folders: images side by side, or all in one subfolder whose name is no class. */
function isOneFolderOfImages(found: ClassFolders): boolean {
  if (found.folders.length === 0) return true;
  const [only, ...others] = found.folders;
  return others.length === 0 && nameClasses([only!.name], {}).description === 'sorted names';
}

const unlabelledImages = (found: ClassFolders): FoundPool['images'] =>
  [...found.stray, ...found.folders.flatMap((folder) => folder.images)].map(({ path }) => ({ path, label: -1 }));

const pool = (images: FoundPool['images']): FoundPool => ({ images, alreadyResized: false });

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
