import type { ImageProblem } from '@shared/dataset';
import { splits } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { labelClassFolders, readClassFolders, type ClassFolders } from './class-folders';
import { imagenet, nameClasses } from './class-names';
import { imagenetLabels } from './imagenet-classes';
import { readLabelFile } from './label-file';
import type { ClassList, FoundPool, Layout } from './layout';
import { listImages } from './list-images';
import { matchLabels } from './match-labels';

const place = z.string().min(1).max(4096);
const splitSchema = z.strictObject({
  /** Folder of the images, below the dataset's. */
  images: place,
  /** File with "file class" a line. */
  labels: place.optional(),
  /**
   * `class-folders`: a folder a class; `flat`: all images below the folder, labelled by `labels` where given; `list`: only the
   * images that `labels` names. By default what the folder looks like.
   */
  layout: z.enum(['class-folders', 'flat', 'list']).optional(),
  /** The images are scaled already: only crop. */
  alreadyResized: z.boolean().default(false),
});
const datasetFileSchema = z
  .object({
    name: z.string().min(1).max(200).optional(),
    /** Name of the class list, e.g. "imagenet-1k". */
    labels: z.string().min(1).max(200).optional(),
    labelNames: z.array(z.string()).min(2).max(100_000).optional(),
    eval: splitSchema.optional(),
    calibration: splitSchema.optional(),
    train: splitSchema.optional(),
  })
  .refine(
    (file) => file.eval ?? file.calibration ?? file.train,
    'it names no split; give "eval", "calibration" or "train"',
  );
type SplitEntry = z.infer<typeof splitSchema>;

const sizeLimitBytes = 16 * 1024 * 1024;

/** Throws `dataset.spec-invalid`, `dataset.path-outside`, `dataset.empty` and what reading labels throws. */
export async function readDatasetFile(path: string): Promise<Layout> {
  const file = await parse(path);
  const root = resolve(path, '..');
  const list: ClassList =
    file.labels === imagenetLabels
      ? imagenet
      : { labels: file.labels, labelNames: file.labelNames, classes: file.labelNames?.length };

  // Class folders of all splits together: a class that only one split has must not shift the others.
  const classFolders = new Map<SplitEntry, ClassFolders>();
  for (const split of splits) {
    const entry = file[split];
    if (!entry || entry.labels !== undefined || entry.layout === 'flat' || entry.layout === 'list') continue;
    const found = await readClassFolders(await confinedFolder(path, root, entry.images));
    if (entry.layout === 'class-folders' || found.stray.length === 0) classFolders.set(entry, found);
  }
  const naming = nameClasses(
    [...classFolders.values()].flatMap((found) => found.folders.map((folder) => folder.name)),
    list,
  );
  const classes: ClassList = classFolders.size > 0 ? naming : list;

  const layout: Layout = { ...classList(classes), name: file.name, description: '', pools: {}, problems: [] };
  const descriptions = new Set<string>();
  for (const split of splits) {
    const entry = file[split];
    if (!entry) continue;
    const folders = classFolders.get(entry);
    const { pool, problems } = folders
      ? withResize(labelClassFolders(folders, naming), entry)
      : await readFlat(path, root, entry, classes);
    if (pool.images.length === 0) throw new AppError('dataset.empty', { path: join(root, entry.images) });
    layout.pools[split] = pool;
    layout.problems.push(...problems);
    descriptions.add(entry.labels ?? (folders ? `class folders (${naming.description})` : 'no labels'));
  }
  layout.description = `dataset.json: ${[...descriptions].join(', ')}`;
  return layout;
}

async function readFlat(
  path: string,
  root: string,
  entry: SplitEntry,
  list: ClassList,
): Promise<{ pool: FoundPool; problems: ImageProblem[] }> {
  const folder = await confinedFolder(path, root, entry.images);
  const images = await listImages(folder);
  if (entry.labels === undefined) {
    if (entry.layout === 'list') {
      throw new AppError('dataset.spec-invalid', {
        path,
        detail: `the layout "list" of ${entry.images} needs "labels"`,
      });
    }
    return withResize({ images: images.map((image) => ({ path: image.path, label: -1 })), problems: [] }, entry);
  }
  if (images.length === 0) throw new AppError('dataset.empty', { path: folder });
  const labelFile = confined(path, root, entry.labels);
  const lines = await readLabelFile(labelFile, list);
  const prefix = `${relative(root, folder).replaceAll('\\', '/')}/`;
  const onlyListed = entry.layout === 'list';
  return withResize(matchLabels(images, lines, { labelFile, folder, prefix, onlyListed }), entry);
}

function withResize(
  found: { images: FoundPool['images']; problems: ImageProblem[] },
  entry: SplitEntry,
): { pool: FoundPool; problems: ImageProblem[] } {
  return { pool: { images: found.images, alreadyResized: entry.alreadyResized }, problems: found.problems };
}

function classList({ labels, labelNames, classes }: ClassList): ClassList {
  return { labels, labelNames, classes };
}

async function parse(path: string): Promise<z.infer<typeof datasetFileSchema>> {
  const facts = await stat(path);
  if (facts.size > sizeLimitBytes)
    throw new AppError('dataset.spec-invalid', { path, detail: `it has ${facts.size} bytes` });
  let content: unknown;
  try {
    content = JSON.parse((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (thrown) {
    throw new AppError('dataset.spec-invalid', { path, detail: `it is not JSON (${(thrown as Error).message})` });
  }
  const result = datasetFileSchema.safeParse(content);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const at = issue.path.join('.');
  throw new AppError('dataset.spec-invalid', { path, detail: `${at ? `"${at}": ` : ''}${issue.message}` });
}

/** Throws `dataset.path-outside` for a path that leads out of the dataset's folder. */
function confined(path: string, root: string, value: string): string {
  const target = resolve(root, value);
  const way = relative(root, target);
  if (isAbsolute(value) || isAbsolute(way) || way.split(/[\\/]/)[0] === '..') {
    throw new AppError('dataset.path-outside', { path, value });
  }
  return target;
}

async function confinedFolder(path: string, root: string, value: string): Promise<string> {
  const folder = confined(path, root, value);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new AppError('dataset.spec-invalid', { path, detail: `there is no folder "${value}"` });
  }
  return folder;
}
