import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { reportViewSchema } from '@shared/presenter/report-view';
import type { RunView, TrialView } from '@shared/run';
import { imagenetLabels, imagenetNames } from '../dataset/imagenet-classes';
import { writeError, writeFileAtomic } from '../files/atomic-file';
import { hashFile } from '../files/hash-file';
import { longestName, withinBytes } from '../files/name-length';
import { zipArchive } from '../files/zip';
import { cardOfArtifact } from '../models/artifact-card';
import { writeCard } from '../models/card';
import { copyModel } from '../models/copy-model';
import { loadForInspection } from '../onnx/load';
import { renderReport } from '../report/render-report';
import { cppExample } from './cpp-example';
import { exampleFacts } from './example-facts';
import { nodeExample } from './node-example';
import { pythonExample } from './python-example';
import { handoverReadme } from './readme';

export interface HandedOver {
  folder: string;
  /** Names inside, sorted. */
  files: string[];
  zip?: string;
}

/**
 * Makes a folder to give away: the trial's model with its data files, card and labels, an example program a language, its report page,
 * manifest and a page to begin with. The folder is there whole or not at all.
 * @param zip also as an archive of the same name beside the folder
 * Throws `handover.not-ready`, `handover.too-large`, `output.unwritable`, `output.disk-full` and what reading the model throws.
 */
export async function handOver(run: RunView, trial: TrialView, destination: string, zip = false): Promise<HandedOver> {
  const folder = resolve(destination);
  const card = await cardOf(run, trial);
  const temporary = join(dirname(folder), `.${basename(folder).slice(0, 40)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await refuseWhatIsThere(folder);
    await mkdir(temporary, { recursive: true });
    await fill(temporary, run, trial, card);
    // Of a folder only an empty one may be replaced, and not every system does so by itself.
    await rmdir(folder).catch(() => undefined);
    await rename(temporary, folder);
  } catch (thrown) {
    await rm(temporary, { recursive: true, force: true });
    throw writeError(folder, thrown);
  }
  const files = await filesIn(folder);
  if (!zip) return { folder, files };
  const path = `${folder}.zip`;
  const root = basename(folder);
  const entries = files.map(async (name) => ({ name: `${root}/${name}`, content: await readFile(join(folder, name)) }));
  await writeFileAtomic(path, await zipArchive(await Promise.all(entries), path));
  return { folder, files, zip: path };
}

async function cardOf(run: RunView, trial: TrialView): Promise<ModelCard> {
  const notReady = (detail: string): AppError => new AppError('handover.not-ready', { trial: trial.id, detail });
  if (trial.collected) throw new AppError('artifact.collected', { trial: trial.id });
  if (trial.status !== 'done' || !trial.artifact) throw notReady('it has no finished model');
  const card = await cardOfArtifact(run, trial);
  if (!card) throw notReady('the model it was made from has no card on this machine, so its preprocessing is unknown');
  return card;
}

async function refuseWhatIsThere(folder: string): Promise<void> {
  const there = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return [];
    throw thrown;
  });
  if (there.length > 0) throw new AppError('output.unwritable', { path: folder, detail: 'the folder is not empty' });
}

async function fill(folder: string, run: RunView, trial: TrialView, parentCard: ModelCard): Promise<void> {
  const name = handoverName(trial);
  const modelPath = join(folder, `${name}.onnx`);
  await copyModel(trial.artifact!.path, modelPath);
  if (trial.recipeText !== '' && (await hashFile(modelPath)) !== trial.artifact!.sha256)
    throw new AppError('artifact.damaged', { path: trial.artifact!.path });
  const card = { ...parentCard, file: basename(modelPath) };
  await writeCard(modelPath, card);
  await writeFile(join(folder, 'labels.txt'), `${labelsOf(card).join('\n')}\n`);
  const outputs = (await loadForInspection(modelPath)).outputs.map((output) => output.name);
  const facts = exampleFacts(card, { modelFile: basename(modelPath), labelsFile: 'labels.txt' }, outputs);
  const examples = {
    'classify.py': pythonExample(facts),
    'classify.mjs': nodeExample(facts),
    'classify.cpp': cppExample(facts),
  };
  for (const [file, text] of Object.entries(examples))
    if (text !== undefined) await writeFile(join(folder, file), text);
  const view = reportViewSchema.parse({ models: [trial.model], only: [trial.recipe] });
  const cards = new Map([[trial.model, card]]);
  const sources = { cards, layers: new Map(), sensitivity: new Map() };
  await writeFile(join(folder, 'report.html'), renderReport(run, 'html', { view, sources }));
  await writeFile(join(folder, 'README.md'), handoverReadme(run, trial, card, await filesIn(folder)));
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(await manifestOf(folder, run, trial), null, 2)}\n`);
}

/** "mobilenetv2-int8": what files and folder are called. Names come from sweeps; nothing in them may lead elsewhere. */
export function handoverName({ model, recipe }: Pick<TrialView, 'model' | 'recipe'>): string {
  const name = `${model}-${recipe}`.replace(/[^\p{L}\p{N}.+-]+/gu, '-').replace(/^[.-]+/, '');
  return withinBytes(name, longestName).replace(/[.-]+$/, '') || 'model';
}

/** A line a class. Classes without a name are called by their number. */
function labelsOf({ labels, labelNames, output: { classes } }: ModelCard): string[] {
  const names = labelNames ?? (labels === imagenetLabels ? imagenetNames : []);
  return Array.from({ length: classes }, (_, index) => (names[index] ?? `class ${index}`).replaceAll(/[\r\n]+/g, ' '));
}

async function manifestOf(folder: string, run: RunView, trial: TrialView): Promise<object> {
  const files = await filesIn(folder);
  const hashes = await Promise.all(files.map(async (name) => ({ name, sha256: await hashFile(join(folder, name)) })));
  const { model, recipe, recipeText: steps, metrics, artifact } = trial;
  const parent = run.manifest.models.find((candidate) => candidate.name === model);
  return {
    run: run.id,
    trial: { model, recipe, steps, metrics, sha256: artifact?.sha256 },
    madeFrom: parent && { name: parent.name, sha256: parent.sha256, sizeBytes: parent.sizeBytes },
    ...withoutPaths(run),
    files: hashes,
  };
}

/** Folders of the machine it was made on are nobody else's business. */
function withoutPaths({ manifest }: RunView): object {
  const { models: _models, dataset, ...rest } = manifest;
  const { path: _path, ...known } = dataset;
  return { manifest: { ...rest, dataset: known } };
}

async function filesIn(folder: string): Promise<string[]> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true });
  return items
    .filter((item) => item.isFile())
    .map((item) =>
      join(item.parentPath, item.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
