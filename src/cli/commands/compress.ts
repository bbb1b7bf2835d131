import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { usualCalibrationImages } from '@shared/dataset';
import { formatBytes, formatRatio } from '@shared/format';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import type { Dataset } from '../../main/engine/dataset/dataset';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import { compressedCard } from '../../main/engine/models/artifact-card';
import { cardPath, writeCard } from '../../main/engine/models/card';
import type { Engine } from '../../main/engine/create-engine';
import { planRecipe } from '../../main/engine/sweep/expand';
import { runRecipe } from '../../main/engine/sweep/run-recipe';
import { surroundingsOf } from '../../main/engine/sweep/surroundings';
import { moveIntoPlace, writeError } from '../../main/engine/files/atomic-file';
import { checkRecipe } from '../../main/engine/techniques/check-recipe';
import { usageError, type Arguments, type Command } from '../arguments';
import { runJob } from '../foreground-job';
import { openNamedModel, openSession } from '../session';

export const compress: Command = {
  name: 'compress',
  usage: 'MODEL',
  summary: 'apply a recipe to a model and write the result with its card',
  options: {
    recipe: {
      type: 'string',
      value: 'TEXT',
      help: "steps joined by |, e.g. 'prune.magnitude{amount:0.5} | quantize.static'",
    },
    data: { type: 'string', value: 'DIR', help: 'dataset, for techniques that need calibration images' },
    output: { type: 'string', short: 'o', value: 'OUT.onnx', help: 'the file to write' },
    calibration: {
      type: 'string',
      value: 'N',
      help: `calibration images (${usualCalibrationImages}, or as many as there are)`,
    },
    seed: { type: 'string', value: 'N', help: 'seed (1)' },
  },
  async run(arguments_) {
    const [recipeText, output] = [arguments_.text('recipe'), arguments_.text('output')];
    if (recipeText === undefined) throw usageError(compress, '--recipe is missing');
    if (output === undefined) throw usageError(compress, '-o OUT.onnx is missing');
    const given = parseRecipe(recipeText);
    const recipe = checkRecipe(given);
    if (recipe.length === 0) throw usageError(compress, 'the recipe has no step');
    const destination = resolve(output);
    const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;

    const engine = await openSession(arguments_);
    const work = await workFolder(destination);
    try {
      const model = await openNamedModel(engine, arguments_.positionals[0]!, arguments_);
      if (resolve(model.path) === destination)
        throw usageError(compress, 'the output is the model itself; choose another name');
      const isNeeded = recipe.some((step) => step.needs.includes('calibration'));
      const dataset = isNeeded ? await calibrationImages(engine, arguments_, seed) : noImages;
      const around = surroundingsOf({ targets: [] }, engine.machine, (await engine.info()).onnxruntime);
      const { steps } = planRecipe(model, given, recipe, { seed, dataset, around });
      await engine.contents.addModel(model);
      await engine.contents.addImages(dataset.calibration);
      const { workspace, executor } = engine;
      const models = new Map([[model.name, model]]);
      const context = { workspace, models, dataset, seed, threads: executor.threads };
      const sha256 = await runRecipe(steps, context, async (order) => {
        const notes: string[] = [];
        return { result: await runJob(engine, order, notes), notes };
      });
      const size = await copyArtifact(workspace.artifacts.path(sha256), work, destination);
      await writeCard(
        destination,
        await compressedCard(model.card, { path: destination, sha256, sizeBytes: size }, formatRecipe(given)),
      );
      const result = {
        output: destination,
        sha256,
        sizeBytes: size,
        ratio: size / model.sizeBytes,
        recipe: formatRecipe(given),
      };
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify(result, null, 2)}\n`
          : `${destination}  ${formatBytes(size)}  ${formatRatio(result.ratio)} of ${formatBytes(model.sizeBytes)}\n` +
              `Card: ${cardPath(destination)}\n`,
      );
      return 0;
    } finally {
      await rm(work, { recursive: true, force: true });
      engine.close();
    }
  },
};

const noImages: Pick<Dataset, 'calibration' | 'train'> = {
  calibration: { split: 'calibration', entries: [], alreadyResized: false },
  train: { split: 'train', entries: [], alreadyResized: false },
};

/** The number asked for, or the usual one as far as there are images. Throws `usage` without a dataset. */
async function calibrationImages(engine: Engine, arguments_: Arguments, seed: number): Promise<Dataset> {
  const path = arguments_.text('data');
  if (path === undefined) throw usageError(compress, '--data DIR is missing: this recipe needs calibration images');
  const asked = arguments_.integer('calibration', 1, 1_000_000);
  const spec = { path, eval: 0, calibration: asked ?? usualCalibrationImages, train: 0, seed };
  const { cacheFolder } = engine.workspace;
  const dataset = await openDataset(spec, { cacheFolder, upTo: asked === undefined ? ['calibration'] : [] });
  const { length } = dataset.calibration.entries;
  if (length < spec.calibration)
    process.stderr.write(
      `${length} calibration images: all there are (${usualCalibrationImages} are taken where there are more).\n`,
    );
  return dataset;
}

/** Beside the output, so that the finished file only needs a rename; made before hours go into it. */
async function workFolder(destination: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(destination), `.${basename(destination)}-`));
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
}

/** Whole or not at all. Answers the size in bytes. */
async function copyArtifact(source: string, work: string, destination: string): Promise<number> {
  const copy = join(work, 'artifact');
  try {
    await copyFile(source, copy);
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
  await moveIntoPlace(copy, destination);
  return (await stat(destination)).size;
}
