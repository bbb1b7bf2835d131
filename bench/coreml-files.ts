/**
 * Core ML packages of the networks of the zoo, with weights in halves, behind tables, without zeros and as codes: bytes of all files, how the weights
 * of layers are stored, and, where WHITTLE_COREMLTOOLS_PYTHON names a Python with coremltools, whether it builds each program again and how many layers
 * it decodes to the weights that the package was written from, bit for bit. Nothing runs them.
 * Usage: coreml-files FOLDER [networks, comma separated]; the packages stay in FOLDER.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseRecipe } from '../src/shared/recipe-syntax';
import { convertNetwork } from '../src/main/engine/formats/coreml/convert/convert';
import { packageFiles, writePackage } from '../src/main/engine/formats/coreml/package';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import { checkPackages, hasCoremltools, weightHashes } from '../test/fixtures/coremltools';
import { isInZoo, networks, shared, zooContext, type ZooOrder } from './zoo-context';

const table = (bits: number): string =>
  `quantize.weights{bits:${bits}, scheme:kmeans, granularity:tensor, rounding:nearest}`;
const recipes: Readonly<Record<string, string>> = {
  float16: '',
  'table-8': table(8),
  'table-6': table(6),
  'table-4': table(4),
  'table-2': table(2),
  'sparse-50': 'prune.magnitude{amount:0.5}',
  'sparse-50-table-4': `prune.magnitude{amount:0.5} | ${table(4)}`,
  'int8-codes': 'quantize.weights{bits:8, rounding:nearest}',
};

interface Written {
  bytes: number;
  forms: string;
  /** Hashes of the weights of layers by their names in the program. */
  weights: Record<string, string>;
}

async function write({ card, graph, context }: Awaited<ReturnType<typeof zooContext>>, recipe: string, path: string) {
  let result = graph;
  for (const { technique, params } of parseRecipe(recipe)) result = await applyStep(result, technique, params, context);
  const model = await convertNetwork(result, card, { precision: 'FLOAT16', input: 'image', output: 'labels' });
  const files = packageFiles(model, card);
  await writePackage(files, path);
  const counts = new Map<string, number>();
  for (const { form } of model.weights) counts.set(form.kind, (counts.get(form.kind) ?? 0) + 1);
  return {
    bytes: files.reduce((sum, { content }) => sum + content.byteLength, 0),
    forms: [...counts].map(([kind, count]) => `${count} ${kind}`).join(', '),
    weights: weightHashes(model),
  } satisfies Written;
}

async function measure(folder: string, order: ZooOrder): Promise<void> {
  const zoo = await zooContext(order);
  mkdirSync(folder, { recursive: true });
  const written = new Map<string, Written>();
  for (const [name, recipe] of Object.entries(recipes))
    written.set(name, await write(zoo, recipe, join(folder, `${name}.mlpackage`)));
  const verdicts = hasCoremltools ? checkPackages(folder) : {};
  for (const [name, { bytes, forms, weights }] of written) {
    const found = verdicts[name];
    const layers = Object.entries(weights);
    const equal = layers.filter(([layer, hash]) => found?.weights?.[layer] === hash).length;
    const verdict = found?.problem ?? (found && `built, weights of ${equal} of ${layers.length} layers equal`);
    console.log(
      `${order.name.padEnd(14)} ${name.padEnd(18)} ${String(bytes).padStart(9)} bytes  ${forms}  coremltools: ${verdict ?? 'not here'}`,
    );
  }
}

const [folder, names = networks.join()] = process.argv.slice(2);
if (!folder) throw new Error('Name a folder for the packages.');
const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-coreml-'));
try {
  for (const name of names.split(',')) {
    if (!isInZoo(name)) {
      console.log(`${name}: skipped, it is not in ${shared}/zoo`);
      continue;
    }
    const order = { name, count: 16, threads: 2, dataset: join(shared, 'imagenet'), cacheFolder };
    await measure(join(resolve(folder), name), order);
  }
} finally {
  rmSync(cacheFolder, { recursive: true, force: true });
}
