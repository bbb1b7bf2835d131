import type { DatasetSpec, ImageProblem, Split } from '@shared/dataset';
import { splits } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { chooseSplits, type Pools } from './choose-splits';
import type { Dataset, ImageEntry, ImageSet } from './dataset';
import { splitEvaluation } from './evaluation-parts';
import { findDuplicates } from './duplicates';
import { findLayout } from './find-layout';
import { hashImages } from './hash-images';
import type { Layout } from './layout';
import { classNamesOf } from './map-classes';
import { splitProblems } from './split-problems';
import { openTrainingFolder } from './training-folder';

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
 * Finds the images and labels of a folder and chooses the splits; decodes nothing. Training images of another folder change nothing of the
 * other splits.
 * Throws `dataset.*` errors (not found, empty, labels, too few, ...), and `cancelled`.
 */
export async function openDataset(given: DatasetSpec, options: OpenDatasetOptions): Promise<Dataset> {
  const path = resolve(given.path);
  const spec = given.trainPath === undefined ? given : { ...given, train: 0 };
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
  const labels = Object.values(layout.pools).flatMap((pool) => pool.images.map((image) => image.label));
  const labelled =
    (layout.pools.eval ?? Object.values(layout.pools)[0])?.images.some((image) => image.label >= 0) ?? false;
  const beside = { path, classes: layout, evaluated: evaluation.entries };
  const training =
    given.trainPath === undefined
      ? undefined
      : await openTrainingFolder(resolve(given.trainPath), given, beside, options);
  if (training) available.train = training.available;
  const sets = { eval: part, calibration: imageSet('calibration'), train: training?.images ?? imageSet('train') };
  // Evaluation images without labels say nothing of classes; training images may.
  const list = training && !labelled && !classNamesOf(layout) ? training.layout : layout;
  return {
    path,
    name: layout.name ?? basename(root),
    labelled,
    labels: list.labels,
    labelNames: list.labelNames,
    byName: spec.classes === 'by-name',
    layout: layout.description,
    classes: list.classes ?? labels.reduce((most, label) => Math.max(most, label + 1), 0),
    fingerprint: fingerprintOf(Object.values(sets)),
    available,
    ...sets,
    ...(training && {
      trainingFolder: {
        path: resolve(given.trainPath!),
        layout: training.layout.description,
        labelled: training.isLabelled,
      },
    }),
    problems: [...(training?.problems ?? []), ...splitProblems(found, path), ...layout.problems, ...problems],
    duplicates: findDuplicates(pools),
  };
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
  const { found, problems } = await hashImages(root, images, options);
  const pools: Partial<Record<Split, ImageEntry[]>> = {};
  for (const split of used) pools[split] = [];
  for (const { split, path, hash, label } of found) pools[split]!.push({ path, hash, label });
  return { pools, counted, problems };
}

/** What results depend on: which images with which labels in which split, and whether they are resized; not where they lie. */
function fingerprintOf(sets: readonly ImageSet[]): string {
  const lines = sets.flatMap((set) =>
    set.entries.map((entry) => `${set.split} ${entry.hash} ${entry.label} ${set.alreadyResized ? 'crop' : 'resize'}`),
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
