import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, toAppError } from '@shared/errors';
import type { ModelCard, ModelSummary } from '@shared/model-card';
import { classifierOf, type Classifier } from '../onnx/classifier';
import { countMacs } from '../onnx/count';
import type { Graph } from '../onnx/graph';
import { handsOnCodes } from '../onnx/integer-layers';
import { loadModel } from '../onnx/load';
import { cardPath, makeCard, modelName, readCard, type CardChoice } from './card';
import { cardProblem } from './card-problem';
import { formatOfModel, isModelName, partsOf, type ModelFormat } from './model-format';
import { modelIdentity, modelStamp } from './model-identity';
import { openTfliteModel } from './tflite-model';

/** A model that is ready for work: its files' identity and size, and its card. */
export interface Model {
  name: string;
  path: string;
  format: ModelFormat;
  sha256: string;
  sizeBytes: number;
  card: ModelCard;
  /** Its layers hand on codes: runtimes that take integers alone can run it. Absent: it computes in floats. */
  isInteger?: boolean;
  /** Multiply-accumulates for one image; absent where its shapes do not tell. */
  macs?: number;
}

/** The models of a folder by name; one broken card never hides the others. */
export async function listModels(folder: string): Promise<{ models: ModelSummary[]; problems: string[] }> {
  const names = await readdir(folder).catch(() => []);
  const models: ModelSummary[] = [];
  const problems: string[] = [];
  for (const name of names.filter((entry) => entry.toLowerCase().endsWith('.onnx')).sort()) {
    const path = join(folder, name);
    try {
      models.push(await summarizeModel(path));
    } catch (thrown) {
      problems.push(toAppError(thrown).message);
    }
  }
  return { models, problems };
}

export async function summarizeModel(path: string): Promise<ModelSummary> {
  const card = await readCard(path);
  const sizeBytes = partsOf(path).reduce((sum, file) => sum + file.sizeBytes, 0);
  const name = card?.name ?? modelName(path);
  return { name, title: card?.title ?? name, path, sizeBytes, card };
}

/** A model named in a sweep or on the command line: a path, or a name of the model folder. @throws `model.not-found` */
export function locateModel(reference: string, modelFolder: string, baseFolder = process.cwd()): string {
  const candidates = [
    resolve(baseFolder, reference),
    join(modelFolder, reference),
    join(modelFolder, `${reference}.onnx`),
  ];
  const path = candidates.find((candidate) => isModelName(candidate) && existsSync(candidate));
  if (path) return path;
  // A path to something that is not called .onnx is still read, so that its content can be named in the error.
  if (existsSync(candidates[0]!) && /[\\/.]/.test(reference)) return candidates[0]!;
  throw new AppError('model.not-found', { name: reference, folder: modelFolder });
}

/** By stamp and card: a sweep that is being edited opens its models again at every change, and decoding a large one takes a while. */
const checked = new Map<string, Checked>();
const kept = 500;

/**
 * Opens a file to run it as it is: an ONNX model, or one of another format that a runtime takes.
 * @throws what `openModel` and `openTfliteModel` throw
 */
export async function openAnyModel(path: string, choice?: CardChoice): Promise<Model> {
  return formatOfModel(path) === 'tflite' ? openTfliteModel(path, choice) : openModel(path, choice);
}

/**
 * Opens a model for work: checks that the file is a classifier and that the card fits it.
 * @param choice used when there is no card
 * @throws `model.needs-onnx`, `card.missing`, `card.mismatch`, and what `makeCard`, `modelIdentity` and `loadModel` throw
 */
export async function openModel(path: string, choice?: CardChoice): Promise<Model> {
  const format = formatOfModel(path);
  if (format !== 'onnx') throw new AppError('model.needs-onnx', { path, format });
  const written = await readCard(path);
  if (!written) {
    const graph = await loadModel(path);
    if (!choice) {
      classifierOf(graph, path);
      throw new AppError('card.missing', { path, card: cardPath(path) });
    }
    const card = makeCard(path, graph, choice);
    const { sha256, sizeBytes } = await modelIdentity(path);
    return {
      name: card.name,
      path,
      format,
      sha256,
      sizeBytes,
      card,
      ...integerFact(handsOnCodes(graph)),
      ...macsFact(graph),
    };
  }
  const key = existsSync(path) ? `${modelStamp(path)}\n${JSON.stringify([written.input, written.output])}` : path;
  const found = checked.get(key) ?? (await check(path, written));
  if (checked.size >= kept) checked.clear();
  checked.set(key, found);
  const { classifier, isInteger, macs } = found;
  const { sha256, sizeBytes } = await modelIdentity(path);
  const problem = cardProblem(written, classifier, sha256);
  if (problem !== undefined) throw new AppError('card.mismatch', { path: cardPath(path), detail: problem });
  const card = { ...written, output: { ...written.output, name: classifier.output.name } };
  return { name: card.name, path, format, sha256, sizeBytes, card, ...integerFact(isInteger), ...macs };
}

const integerFact = (isInteger: boolean): Pick<Model, 'isInteger'> => (isInteger ? { isInteger } : {});

function macsFact(graph: Graph): Pick<Model, 'macs'> {
  try {
    return { macs: countMacs(graph) };
  } catch {
    return {};
  }
}

interface Checked {
  classifier: Classifier;
  isInteger: boolean;
  macs: Pick<Model, 'macs'>;
}

async function check(path: string, card: ModelCard): Promise<Checked> {
  const graph = await loadModel(path);
  return { classifier: classifierOf(graph, path, card), isInteger: handsOnCodes(graph), macs: macsFact(graph) };
}
