import { isAbsolute, relative, sep } from 'node:path';
import { Document, isMap, isSeq, visit } from 'yaml';
import { indifferenceSchema, type SweepFile } from '@shared/sweep-file';
import type { RecipeStep } from '@shared/recipe';

/**
 * A sweep as the text of a sweep file, which `parseSweep` reads back to the same sweep. What has its default is left out; paths in the file's
 * folder are written from there, so that the folder can be moved.
 * @param file name of the file, for the comment that says how to run it
 * @param folder where it will lie
 */
export function formatSweep(sweep: SweepFile, file: string, folder?: string): string {
  const { name, models, dataset, targets, deploy, recipes, latency, indifference, seed, ...rest } = sweep;
  const here = (path: string): string => (folder === undefined ? path : portable(path, folder));
  const { path, eval: evaluation, calibration, train, trainPath, seed: datasetSeed, ...otherwise } = dataset;
  const written = {
    name,
    models: models.map(here),
    dataset: {
      path: here(path),
      eval: evaluation,
      calibration,
      ...(train !== 0 && { train }),
      ...(trainPath !== undefined && { [train === 0 ? 'train' : 'trainPath']: here(trainPath) }),
      seed: datasetSeed,
      ...otherwise,
    },
    targets,
    ...(deploy && { deploy }),
    recipes: Object.fromEntries(Object.entries(recipes).map(([key, steps]) => [key, steps.map(shortStep)])),
    ...(latency !== 'quick' && { latency }),
    ...(JSON.stringify(indifference) !== JSON.stringify(indifferenceSchema.parse({})) && { indifference }),
    ...(seed !== 1 && { seed }),
    ...rest,
  };
  const document = new Document(written, { aliasDuplicateObjects: false });
  // Lists and what is in them on one line, as people write them.
  visit(document, {
    Pair: (_key, pair) => {
      const isList = isSeq(pair.value);
      const isLeaf = isMap(pair.value) && !pair.value.items.some(({ value }) => isSeq(value));
      if (isList || isLeaf) (pair.value as { flow?: boolean }).flow = true;
    },
  });
  return `${comment(name, file)}${document.toString({ lineWidth: 140, flowCollectionPadding: true })}`;
}

function comment(name: string, file: string): string {
  const results = file.replace(/(\.sweep)?\.ya?ml$/i, '');
  const [quotedFile, quotedResults] = [shellWord(file), shellWord(`results/${results}`)];
  return `# ${name.replace(/[\s\p{Cc}]+/gu, ' ')}. Run it with:\n#   whittle run ${quotedFile} --out ${quotedResults}\n# Add --dry-run to see what would run and about how long it takes.\n`;
}

const shellWord = (word: string): string => (/^[\w./+-]+$/.test(word) ? word : `"${word.replace(/["\\$`]/g, '\\$&')}"`);

/** `quantize.static`, or `{ prune.magnitude: { amount: 0.5 } }`. */
function shortStep({ technique, params }: RecipeStep): unknown {
  return Object.keys(params).length === 0 ? technique : { [technique]: params };
}

/** A path inside the folder, from there and with slashes; a name or a path elsewhere as it is. */
function portable(path: string, folder: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(folder, path);
  const isInside = inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
  return isInside ? `./${inside.split(sep).join('/')}` : path;
}
