import type { DatasetSpec, ImageProblem, Split } from '@shared/dataset';
import { splits } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { chooseSplits, type ChosenSplits, type Pools } from './choose-splits';
import type { Dataset, ImageEntry, ImageSet } from './dataset';
import { readDatasetFile } from './dataset-file';
import { splitEvaluation } from './evaluation-parts';
import { findDuplicates } from './duplicates';
import { hashFiles } from './hash-index';
import type { Layout } from './layout';
import { recogniseLayout } from './recognise-layout';

export interface OpenDatasetOptions {
  /** Where hashes of files are remembered; safe to delete. */
  cacheFolder: string;
  signal?: AbortSignal;
  /** Splits whose number nobody asked for: where there are fewer images, those are taken, as long as there are any; other splits get theirs first. */
  upTo?: readonly Split[];
  /** Images looked at so far. */
  progress?(done: number, total: number): void;
}

/**
 * Finds the images and labels of a folder and chooses the splits; decodes nothing.
 * Throws `dataset.*` errors (not found, empty, labels, too few, ...), and `cancelled`.
 */
export async function openDataset(spec: DatasetSpec, options: OpenDatasetOptions): Promise<Dataset> {
  const path = resolve(spec.path);
  const { root, layout } = await findLayout(path);
  const { pools, counted, problems } = await hashPools(root, layout, spec, options);
  const found = chooseSplits(pools, spec, spec.seed, options.upTo);
  const available = { ...found.available, ...counted };
  for (const split of splits) {
    const chosen = found.chosen[split].length;
    if (chosen < spec[split] && !(chosen > 0 && options.upTo?.includes(split))) {
      throw new AppError('dataset.too-few', { path, split, available: available[split], wanted: spec[split] });
    }
  }
  const imageSet = <S extends Split>(split: S): ImageSet<S> => ({
    split,
    entries: found.chosen[split],
    alreadyResized: spec.alreadyResized ?? layout.pools[found.source[split] ?? split]?.alreadyResized ?? false,
  });
  const evaluation = imageSet('eval');
  const part = spec.part ? splitEvaluation(evaluation, spec.seed)[spec.part] : evaluation;
  const sets = { eval: part, calibration: imageSet('calibration'), train: imageSet('train') };
  const labels = Object.values(layout.pools).flatMap((pool) => pool.images.map((image) => image.label));
  const labelled =
    (layout.pools.eval ?? Object.values(layout.pools)[0])?.images.some((image) => image.label >= 0) ?? false;
  return {
    path,
    name: layout.name ?? basename(root),
    labelled,
    labels: layout.labels,
    labelNames: layout.labelNames,
    byName: spec.classes === 'by-name',
    layout: layout.description,
    classes: layout.classes ?? labels.reduce((most, label) => Math.max(most, label + 1), 0),
    fingerprint: fingerprintOf(Object.values(sets)),
    available,
    ...sets,
    problems: [...layout.problems, ...problems, ...splitProblems(found, path)],
    duplicates: findDuplicates(pools),
  };
}

async function findLayout(path: string): Promise<{ root: string; layout: Layout }> {
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

/** Pools with hashes. A pool that no split takes from is only counted: it may be a million files. */
async function hashPools(
  root: string,
  layout: Layout,
  spec: DatasetSpec,
  options: OpenDatasetOptions,
): Promise<{ pools: Pools; counted: Partial<Record<Split, number>>; problems: ImageProblem[] }> {
  const needed: Record<Split, boolean> = {
    eval: true,
    calibration: spec.calibration > 0,
    train: spec.train > 0 || (spec.calibration > 0 && !layout.pools.calibration),
  };
  const counted: Partial<Record<Split, number>> = {};
  for (const split of splits) {
    const pool = layout.pools[split];
    if (pool && !needed[split]) counted[split] = pool.images.length;
  }
  const used = splits.filter((split) => layout.pools[split] && needed[split]);
  const images = used.flatMap((split) => layout.pools[split]!.images.map((image) => ({ split, ...image })));
  const hashes = await hashFiles(
    root,
    images.map((image) => image.path),
    options,
  );
  const pools: Partial<Record<Split, ImageEntry[]>> = {};
  for (const split of used) pools[split] = [];
  const problems: ImageProblem[] = [];
  for (const [index, { split, path, label }] of images.entries()) {
    const hash = hashes[index];
    if (hash !== undefined) pools[split]!.push({ path, hash, label });
    else problems.push({ file: path, message: `${path} cannot be read. The image is skipped.` });
  }
  return { pools, counted, problems };
}

function splitProblems(found: ChosenSplits, path: string): ImageProblem[] {
  const conflicts = found.conflicting.map((entry) => ({
    file: entry.path,
    message: `${entry.path} is there again under another class; only the lowest class is kept.`,
  }));
  const overlaps = Object.entries(found.overlapping).map(([split, count]) => ({
    file: path,
    message: `${count} images for ${split} are also in a split before it (eval first) and are left out of ${split}.`,
  }));
  return [...conflicts, ...overlaps];
}

/** What results depend on: which images with which labels in which split, and whether they are resized; not where they lie. */
function fingerprintOf(sets: readonly ImageSet[]): string {
  const lines = sets.flatMap((set) =>
    set.entries.map((entry) => `${set.split} ${entry.hash} ${entry.label} ${set.alreadyResized ? 'crop' : 'resize'}`),
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
