import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { formatCounted } from '@shared/format';
import { splits, type ImageProblem, type Split } from '@shared/dataset';
import { AppError, sentenceFor } from '@shared/errors';
import { expandRecipes } from '@shared/recipe-ranges';
import type { Machine, Manifest } from '@shared/run';
import { targetName, type SweepFile, type Target } from '@shared/sweep-file';
import type { Dataset, ImageSet } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import { openDataset } from '../dataset/open-dataset';
import { stepImages } from '../dataset/step-images';
import type { CardChoice } from '../models/card';
import { locateModel, openModel, type Model } from '../models/model-folder';
import { checkTarget } from '../runtimes/check-target';
import { describeTechniques } from '../techniques/registry';
import { checkFormats } from './check-formats';
import { expandSweep } from './expand';
import { distinctSteps, imagesOf, type TrialPlan } from './plan';
import type { Elsewhere } from './elsewhere';
import { runtimeOf, surroundingsOf, versionsOf, type Surroundings } from './surroundings';
import { canonicalJson } from '../jobs/step-key';

export interface PrepareOptions {
  modelFolder: string;
  cacheFolder: string;
  machine: Machine;
  versions: { whittle: string; onnxruntime: string };
  /** Machines that targets name by their labels; absent: there is none. */
  elsewhere?: Elsewhere;
  /** For models without a card. */
  choice?: CardChoice;
  signal?: AbortSignal;
  progress?: (stage: string, done: number, total: number) => void;
}

/** A sweep with everything it names opened and checked: nothing of it can be wrong any more, only fail. */
export interface PreparedSweep {
  /** As it was written, ranges and all; the trials are what comes of it. */
  sweep: SweepFile;
  models: Map<string, Model>;
  dataset: Dataset;
  trials: TrialPlan[];
  manifest: Manifest;
  warnings: string[];
  around: Surroundings;
}

/** Opens models and images and expands the sweep. Throws what they throw. */
export async function prepareSweep(sweep: SweepFile, options: PrepareOptions): Promise<PreparedSweep> {
  const recipes = expandRecipes(sweep.recipes, describeTechniques(), sweep.models.length);
  for (const target of sweep.targets) await checkTarget(target);
  const around = await surroundingsOf(sweep, options.machine, options.versions.onnxruntime, options.elsewhere);
  const models = new Map<string, Model>();
  for (const [index, reference] of sweep.models.entries()) {
    options.progress?.('opening models', index, sweep.models.length);
    const model = await openModel(locateModel(reference, options.modelFolder), options.choice);
    const name = uniqueName(model.name, models);
    models.set(name, { ...model, name });
  }
  await checkFormats(sweep, models.values());
  const dataset = await openDataset(sweep.dataset, {
    cacheFolder: options.cacheFolder,
    signal: options.signal,
    progress: (done, total) => options.progress?.('reading the dataset', done, total),
  });
  checkSearch(sweep, around);
  const trials = expandSweep({ ...sweep, recipes }, [...models.values()], dataset, around);
  checkImages(trials, dataset);
  checkLabels([...models.values()], dataset, trials);
  return {
    sweep,
    models,
    dataset,
    trials,
    manifest: manifestOf(sweep, models, dataset, around, options),
    warnings: [...warningsOf([...models.values()], dataset), ...lackingWarnings(trials)],
    around,
  };
}

function uniqueName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count++) candidate = `${name}-${count}`;
  return candidate;
}

/** Most of what a search tries is in floats, and its answer must not be what could not be measured. */
function checkSearch({ search, targets }: SweepFile, around: Surroundings): void {
  const target = search && targets.find((one) => runtimeOf(one, around).floatsIn !== undefined);
  if (!target) return;
  const other = runtimeOf(target, around).floatsIn;
  throw new AppError('search.integers-only', { target: targetName(target), other });
}

/** What no figures will come of, by its reason: the recipes have it in common. */
function lackingWarnings(trials: readonly TrialPlan[]): string[] {
  const recipes = new Map<string, Set<string>>();
  for (const { recipe, lacking = [] } of trials)
    for (const { reason } of lacking) {
      const sentence = sentenceFor(reason);
      recipes.set(sentence, (recipes.get(sentence) ?? new Set()).add(recipe));
    }
  return [...recipes].map(([sentence, names]) => `${[...names].join(', ')}: ${sentence}`);
}

/** Before hours go into it: every split that a step looks at has images. */
function checkImages(trials: readonly TrialPlan[], dataset: Dataset): void {
  const needed = new Set(trials.flatMap((trial) => trial.steps.flatMap((step) => imagesOf(step.order))));
  const isThere = (one: Split): boolean =>
    dataset[one].entries.length > 0 || (one === 'train' && dataset.calibration.entries.length > 0);
  const split = splits.find((one) => needed.has(one) && !isThere(one));
  if (!split) return;
  throw new AppError('dataset.too-few', { path: dataset.path, split, available: 0, wanted: 'some' });
}

/** Labels of another class list, before hours go into them. */
function checkLabels(models: readonly Model[], dataset: Dataset, trials: readonly TrialPlan[]): void {
  const trains = distinctSteps(trials).some(({ order }) => imagesOf(order).includes('train'));
  for (const { name, card } of models) {
    const { classes } = card.output;
    const check = (path: string, { entries }: ImageSet): void => {
      const label = entries.reduce((most, entry) => Math.max(most, entry.label), -1);
      if (label >= classes)
        throw new AppError('dataset.classes-mismatch', { dataset: path, label, model: name, classes });
    };
    check(dataset.path, imagesFor(dataset.eval, dataset, card));
    if (trains) check(dataset.trainingFolder?.path ?? dataset.path, stepImages('train', dataset, card));
  }
}

function warningsOf(models: readonly Model[], dataset: Dataset): string[] {
  const warnings: string[] = [];
  if (!dataset.labelled)
    warnings.push(
      'The dataset has no labels: size, latency and agreement with the baseline are measured, accuracy is not.',
    );
  // What is said of the training folder as a whole concerns many images.
  const isOfFolder = ({ file }: ImageProblem): boolean => file === dataset.trainingFolder?.path;
  warnings.push(...dataset.problems.filter(isOfFolder).map(({ message }) => message));
  const single = dataset.problems.filter((problem) => !isOfFolder(problem));
  if (single.length > 0)
    warnings.push(
      `${formatCounted(single.length, 'image is', 'images are')} not used; the first: ${single[0]!.message}`,
    );
  for (const { name, card } of models) {
    if (
      !dataset.byName &&
      dataset.labelNames &&
      card.labelNames &&
      !isDeepStrictEqual(dataset.labelNames, card.labelNames)
    ) {
      warnings.push(`${name} and the dataset name their classes differently; "classes: by-name" matches them.`);
    } else if (!dataset.byName && card.labels && dataset.labels && card.labels !== dataset.labels) {
      warnings.push(`${name} was trained on "${card.labels}", the dataset has labels of "${dataset.labels}".`);
    }
  }
  if (dataset.labelled && dataset.eval.entries.length < 100) {
    warnings.push(
      `Only ${formatCounted(dataset.eval.entries.length, 'evaluation image')}: accuracy intervals will be wide.`,
    );
  }
  return warnings;
}

/** By which runs of the same sweep are found. */
export const sweepHash = (sweep: SweepFile): string => createHash('sha256').update(canonicalJson(sweep)).digest('hex');

function manifestOf(
  sweep: SweepFile,
  models: ReadonlyMap<string, Model>,
  dataset: Dataset,
  around: Surroundings,
  options: PrepareOptions,
): Manifest {
  return {
    whittle: options.versions.whittle,
    node: process.versions.node,
    onnxruntime: around.onnxruntime,
    runtimes: versionsOf(around),
    machine: options.machine,
    ...(around.elsewhere && { elsewhere: otherMachines(around.elsewhere) }),
    sweepSha256: sweepHash(sweep),
    seed: sweep.seed,
    dataset: {
      path: dataset.path,
      name: dataset.name,
      fingerprint: dataset.fingerprint,
      eval: dataset.eval.entries.length,
      calibration: dataset.calibration.entries.length,
      ...(dataset.train.entries.length > 0 && { train: dataset.train.entries.length }),
      skipped: dataset.problems.length,
    },
    models: [...models.values()].map(({ name, path, sha256, sizeBytes }) => ({ name, path, sha256, sizeBytes })),
    targets: sweep.targets.map(targetName),
    ...targetFacts(
      sweep.targets,
      around,
      [...models.values()].every((model) => model.isInteger),
    ),
  };
}

const otherMachines = (elsewhere: NonNullable<Surroundings['elsewhere']>): NonNullable<Manifest['elsewhere']> =>
  Object.fromEntries(
    Object.entries(elsewhere).map(([label, place]) => [label, { machine: place.machine, runtimes: versionsOf(place) }]),
  );

/** What stands behind the numbers of a target, beside its name. @param isInteger all networks compute in integers as they came */
function targetFacts(
  targets: readonly Target[],
  around: Surroundings,
  isInteger: boolean,
): Pick<Manifest, 'baselineTargets' | 'connections'> {
  const named = (of: (target: Target) => string | undefined): Record<string, string> =>
    Object.fromEntries(
      targets.flatMap((target): [string, string][] => {
        const fact = of(target);
        return fact === undefined ? [] : [[targetName(target), fact]];
      }),
    );
  const baselineTargets = named((target) => {
    const { threads, on } = target;
    const { floatsIn } = runtimeOf(target, around);
    return floatsIn === undefined || isInteger ? undefined : targetName({ runtime: floatsIn, threads, on });
  });
  const connections = named((target) => runtimeOf(target, around).links?.[target.device ?? '']);
  return {
    ...(Object.keys(baselineTargets).length > 0 && { baselineTargets }),
    ...(Object.keys(connections).length > 0 && { connections }),
  };
}
