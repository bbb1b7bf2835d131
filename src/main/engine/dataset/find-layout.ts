import { AppError } from '@shared/errors';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readDatasetFile } from './dataset-file';
import type { Layout } from './layout';
import { recogniseLayout } from './recognise-layout';

/**
 * The images and labels of a folder, or of a dataset.json by its path, and the folder they lie in. Throws `dataset.not-found`,
 * `dataset.folder-unreadable`, and what reading layouts throws.
 */
export async function findLayout(path: string): Promise<{ root: string; layout: Layout }> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts || (facts.isFile() && !path.endsWith('.json'))) throw new AppError('dataset.not-found', { path });
  try {
    const root = facts.isFile() ? dirname(path) : path;
    return { root, layout: facts.isFile() ? await readDatasetFile(path) : await recogniseLayout(path) };
  } catch (thrown) {
    const { code, path: at } = thrown as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw thrown;
    throw new AppError(
      'dataset.folder-unreadable',
      { path: at ?? path, detail: 'permission denied' },
      { cause: thrown },
    );
  }
}
