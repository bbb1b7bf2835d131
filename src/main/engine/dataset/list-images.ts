import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface ImageFile {
  /** Absolute path. */
  path: string;
  /** Path below the listed folder, with forward slashes. */
  relative: string;
}

const imageName = /\.(jpe?g|png|webp)$/i;

/**
 * All image files below a folder, sorted by relative path. Links are followed, to files and to folders (datasets are often
 * assembled of links), but no folder is entered twice, so loops end. Hidden files are not images ("._photo.jpg" holds
 * what macOS keeps beside one).
 */
export async function listImages(folder: string): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  const visited = new Set<string>();

  async function walk(current: string, prefix: string): Promise<void> {
    const real = await realpath(current);
    if (visited.has(real)) return;
    visited.add(real);
    for (const { name, isFile, isFolder } of await listFolder(current)) {
      const relative = prefix + name;
      if (isFolder) await walk(join(current, name), `${relative}/`);
      else if (isFile && imageName.test(name)) found.push({ path: join(current, name), relative });
    }
  }

  await walk(folder, '');
  return found.sort((a, b) => compareText(a.relative, b.relative));
}

export interface FolderItem {
  name: string;
  isFile: boolean;
  isFolder: boolean;
}

/** What a folder holds, hidden items left out, links followed; broken links and devices are neither file nor folder. */
export async function listFolder(folder: string): Promise<FolderItem[]> {
  const items = (await readdir(folder, { withFileTypes: true })).filter((item) => !item.name.startsWith('.'));
  return Promise.all(
    items.map(async (item) => {
      if (!item.isSymbolicLink()) return { name: item.name, isFile: item.isFile(), isFolder: item.isDirectory() };
      const target = await stat(join(folder, item.name)).catch(() => undefined);
      return { name: item.name, isFile: target?.isFile() ?? false, isFolder: target?.isDirectory() ?? false };
    }),
  );
}

/** By code unit: the same on every machine, unlike the order of a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
