import { mkdtemp, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '@shared/errors';
import { formatBytes, formatRatio } from '@shared/format';
import { formatRecipe, parseRecipe } from '@shared/recipe-syntax';
import type { Dataset } from '../../main/engine/dataset/dataset';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import { compressedCard } from '../../main/engine/models/artifact-card';
import { cardPath, writeCard } from '../../main/engine/models/card';
import { hashFile } from '../../main/engine/store/artifacts';
import { moveIntoPlace, writeError } from '../../main/engine/files/atomic-file';
import { checkRecipe } from '../../main/engine/techniques/check-recipe';
import { usageError, type Command } from '../arguments';
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
    calibration: { type: 'string', value: 'N', help: 'calibration images (256)' },
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
    const calibration = arguments_.integer('calibration', 1, 1_000_000) ?? 256;

    const engine = await openSession(arguments_);
    const work = await workFolder(destination);
    try {
      const model = await openNamedModel(engine, arguments_.positionals[0]!, arguments_);
      if (resolve(model.path) === destination)
        throw usageError(compress, 'the output is the model itself; choose another name');
      let dataset: Dataset | undefined;
      if (recipe.some((step) => step.needs.includes('calibration'))) {
        const data = arguments_.text('data');
        if (data === undefined)
          throw usageError(compress, '--data DIR is missing: this recipe needs calibration images');
        dataset = await openDataset(
          { path: data, eval: 0, calibration, train: 0, seed },
          { cacheFolder: engine.workspace.cacheFolder },
        );
      }
      let current = model.path;
      let reference = model.path;
      for (const [index, { technique, params, preservesFunction }] of recipe.entries()) {
        const outputPath = join(work, `${index}.onnx`);
        await runJob(engine, {
          kind: 'compress',
          modelPath: current,
          referencePath: reference,
          card: model.card,
          technique,
          params,
          calibration: dataset?.calibration ?? { split: 'calibration', entries: [], alreadyResized: false },
          cacheFolder: engine.workspace.cacheFolder,
          seed,
          threads: engine.executor.threads,
          outputPath,
        });
        current = outputPath;
        if (preservesFunction) reference = current;
      }
      const [sha256, { size }] = [await hashFile(current), await stat(current)];
      await moveIntoPlace(current, destination);
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
    } catch (thrown) {
      throw aboutDestination(thrown, work, destination);
    } finally {
      await rm(work, { recursive: true, force: true });
      engine.close();
    }
  },
};

/** People know nothing of the folder worked in. */
function aboutDestination(thrown: unknown, work: string, destination: string): unknown {
  if (!(thrown instanceof AppError) || !String(thrown.facts.path).startsWith(work)) return thrown;
  return new AppError(thrown.code, { ...thrown.facts, path: destination }, { cause: thrown });
}

/** Beside the output, so that the finished file only needs a rename. */
async function workFolder(destination: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(destination), `.${basename(destination)}-`));
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
}
