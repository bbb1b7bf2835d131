import { rmSync } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { usualCalibrationImages } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { formatBytes, formatRatio } from '@shared/format';
import type { ModelCard } from '@shared/model-card';
import { stoppedSentence, stoppedTexts } from '@shared/presenter/stopped-training';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import type { Dataset } from '../../main/engine/dataset/dataset';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import { stepImages } from '../../main/engine/dataset/step-images';
import { compressedCard } from '../../main/engine/models/artifact-card';
import { cardPath, writeCard } from '../../main/engine/models/card';
import type { Engine } from '../../main/engine/create-engine';
import { planRecipe } from '../../main/engine/sweep/expand';
import { runRecipe } from '../../main/engine/sweep/run-recipe';
import { surroundingsOf } from '../../main/engine/sweep/surroundings';
import { moveIntoPlace, writeError } from '../../main/engine/files/atomic-file';
import { folderBytes } from '../../main/engine/files/folder-bytes';
import { hashFile } from '../../main/engine/files/hash-file';
import { makeWorkFolder } from '../../main/engine/files/work-folder';
import type { FileFormat } from '../../main/engine/formats/file-format';
import { deployOptions, endingOf, formats } from '../../main/engine/formats/registry';
import { incomingName } from '../../main/engine/store/artifacts';
import { checkRecipe } from '../../main/engine/techniques/check-recipe';
import { recipeTraits } from '../../main/engine/techniques/recipe-traits';
import { usageError, type Arguments, type Command } from '../arguments';
import { onEndRequest } from '../end-requests';
import { runJob } from '../foreground-job';
import { openNamedModel, openSession } from '../session';
import { trainingFolder, trainingOption } from '../training-option';

export const compress: Command = {
  name: 'compress',
  usage: 'MODEL',
  summary: 'apply a recipe to a model and write the result with its card',
  options: {
    recipe: {
      type: 'string',
      value: 'TEXT',
      help: "steps joined by |, e.g. 'prune.magnitude{amount:0.5} | quantize.static'; without, only the format changes",
    },
    data: { type: 'string', value: 'DIR', help: 'dataset, for techniques that look at images' },
    output: { type: 'string', short: 'o', value: 'OUT.onnx', help: 'the file to write; its ending says the format' },
    deploy: {
      type: 'string',
      value: 'OPTIONS',
      help: 'of another format than .onnx, e.g. input:uint8,output:uint8',
    },
    calibration: {
      type: 'string',
      value: 'N',
      help: `calibration images (${usualCalibrationImages}, or as many as there are)`,
    },
    ...trainingOption,
    seed: { type: 'string', value: 'N', help: 'seed (1)' },
  },
  async run(arguments_) {
    const [recipeText, output] = [arguments_.text('recipe'), arguments_.text('output')];
    if (output === undefined) throw usageError(compress, '-o OUT.onnx is missing');
    const destination = resolve(output);
    const deployed = deployedFormat(destination, arguments_.text('deploy'));
    if (recipeText === undefined && !deployed) throw usageError(compress, '--recipe is missing');
    const given = recipeText === undefined ? [] : parseRecipe(recipeText);
    const recipe = checkRecipe(given);
    if (recipe.length === 0 && !deployed) throw usageError(compress, 'the recipe has no step');
    const { path } = recipeTraits(recipe);
    if (deployed && path !== 'straight')
      throw new AppError(`format.no-${path}`, { taker: `.${endingOf(deployed.format)}` });
    const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;

    const engine = await openSession(arguments_);
    let work: string | undefined;
    // Jobs end in their own way; what happens before and after them ends here.
    const off = onEndRequest(() => {
      if (work !== undefined) rmSync(work, { recursive: true, force: true });
      process.exit(130);
    });
    try {
      work = await makeWorkFolder(destination);
      const model = await openNamedModel(engine, arguments_.positionals[0]!, arguments_);
      if (resolve(model.path) === destination)
        throw usageError(compress, 'the output is the model itself; choose another name');
      const isNeeded = recipe.some((step) => step.needs.length > 0);
      const dataset = isNeeded ? await openImages(engine, arguments_, seed) : noImages;
      const around = await surroundingsOf({ targets: [] }, engine.machine, (await engine.info(0)).onnxruntime);
      const { steps } = planRecipe(model, given, recipe, { seed, dataset, around });
      await engine.contents.addModel(model);
      for (const split of ['calibration', 'train'] as const)
        await engine.contents.addImages(stepImages(split, dataset, model.card));
      const { workspace, executor } = engine;
      const models = new Map([[model.name, model]]);
      const context = { workspace, models, dataset, seed, threads: executor.threads };
      const stopped: string[] = [];
      const run = (): Promise<string> =>
        runRecipe(steps, context, async (order) => {
          const notes: string[] = [];
          const result = await runJob(engine, order, notes);
          if ('training' in result) stopped.push(...stoppedTexts(result.training));
          return { result, notes };
        });
      const sha256 = recipe.length === 0 ? model.sha256 : await run();
      const source = recipe.length === 0 ? model.path : workspace.artifacts.path(sha256);
      const made = deployed && (await convertArtifact(engine, sha256, model.card, deployed));
      const unpack = deployed?.format.unpack;
      if (made && unpack) await unpack(made.path, destination);
      const size =
        made && unpack ? await folderBytes(destination) : await copyArtifact(made?.path ?? source, work, destination);
      if (made) await workspace.artifacts.discard(made.path);
      const written = { path: destination, sha256: made?.sha256 ?? sha256, sizeBytes: size };
      const done = [formatRecipe(given), ...stopped].join(', ');
      await writeCard(destination, await compressedCard(model.card, written, done, source));
      const result = {
        output: destination,
        sha256: written.sha256,
        sizeBytes: size,
        ratio: size / model.sizeBytes,
        recipe: formatRecipe(given),
        ...(stopped.length > 0 && { stopped }),
      };
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify(result, null, 2)}\n`
          : `${destination}  ${formatBytes(size)}  ${formatRatio(result.ratio)} of ${formatBytes(model.sizeBytes)}\n` +
              `Card: ${cardPath(destination)}\n` +
              (stopped.length > 0 ? `${stoppedSentence(stopped)} The same command again trains on from there.\n` : ''),
      );
      return 0;
    } finally {
      if (work !== undefined) await rm(work, { recursive: true, force: true });
      off();
      engine.close();
    }
  },
};

interface DeployedFormat {
  format: FileFormat;
  options: Record<string, unknown>;
}

/** The format that the name of the output asks for; undefined: ONNX. Throws `usage`, `deploy.invalid`. */
function deployedFormat(destination: string, text: string | undefined): DeployedFormat | undefined {
  const ending = extname(destination).slice(1).toLowerCase();
  const format = formats.find((each) => endingOf(each) === ending);
  if (!format && text !== undefined)
    throw usageError(
      compress,
      `--deploy is of use for ${formats.map((each) => `.${endingOf(each)}`).join(', ')} files only`,
    );
  if (!format) return undefined;
  const given = (text ?? '').split(',').filter(Boolean);
  const options = given.map((each): [string, string] => {
    const [name = '', value = ''] = each.split(':');
    return [name.trim(), value.trim()];
  });
  return { format, options: deployOptions(format, Object.fromEntries(options)) };
}

async function convertArtifact(
  engine: Engine,
  sha256: string,
  card: ModelCard,
  { format, options }: DeployedFormat,
): Promise<{ path: string; sha256: string }> {
  const output = incomingName(`deployed-${sha256}`);
  const model = { content: 'file', sha256, format: 'onnx' } as const;
  await runJob(engine, { kind: 'convert', output, model, card, format: format.id, options, isStrict: true });
  const path = engine.workspace.artifacts.reserve(output);
  return { path, sha256: await hashFile(path) };
}

const noImages: Pick<Dataset, 'calibration' | 'train'> = {
  calibration: { split: 'calibration', entries: [], alreadyResized: false },
  train: { split: 'train', entries: [], alreadyResized: false },
};

/**
 * As many calibration images as asked for, or the usual number as far as there are as many, and training images. Throws `usage` without a
 * dataset.
 */
async function openImages(engine: Engine, arguments_: Arguments, seed: number): Promise<Dataset> {
  const path = arguments_.text('data');
  if (path === undefined) throw usageError(compress, '--data DIR is missing: this recipe needs images');
  const asked = arguments_.integer('calibration', 1, 1_000_000);
  const spec = {
    path,
    eval: 0,
    calibration: asked ?? usualCalibrationImages,
    train: 0,
    seed,
    ...trainingFolder(arguments_),
  };
  const { cacheFolder } = engine.workspace;
  const dataset = await openDataset(spec, { cacheFolder, upTo: asked === undefined ? ['calibration'] : [] });
  if (dataset.trainingFolder) for (const { message } of dataset.problems) process.stderr.write(`${message}\n`);
  const { length } = dataset.calibration.entries;
  if (length < spec.calibration)
    process.stderr.write(
      `${length} calibration images: all there are (${usualCalibrationImages} are taken where there are more).\n`,
    );
  return dataset;
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
