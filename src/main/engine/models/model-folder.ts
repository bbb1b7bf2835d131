import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, toAppError } from '@shared/errors';
import type { ModelCard, ModelSummary } from '@shared/model-card';
import { hashFile } from '../store/artifacts';
import { cardPath, makeCard, modelName, readCard } from './card';
import { classifierOf } from '../onnx/classifier';
import { loadModel } from '../onnx/load';
import type { Preprocess } from '@shared/model-card';

/** A model that is ready for work: its file, identity and card. */
export interface Model {
  name: string;
  path: string;
  sha256: string;
  sizeBytes: number;
  card: ModelCard;
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
  const { size } = await stat(path);
  const name = card?.name ?? modelName(path);
  return { name, title: card?.title ?? name, path, sizeBytes: size, card };
}

/** A model named in a sweep or on the command line: a path, or a name of the model folder. @throws `model.not-found` */
export function locateModel(reference: string, modelFolder: string, baseFolder = process.cwd()): string {
  const candidates = [
    resolve(baseFolder, reference),
    join(modelFolder, reference),
    join(modelFolder, `${reference}.onnx`),
  ];
  const path = candidates.find((candidate) => candidate.toLowerCase().endsWith('.onnx') && existsSync(candidate));
  if (path) return path;
  // A path to something that is not called .onnx is still read, so that its content can be named in the error.
  if (existsSync(candidates[0]!) && /[\\/.]/.test(reference)) return candidates[0]!;
  throw new AppError('model.not-found', { name: reference, folder: modelFolder });
}

/**
 * Opens a model for work: checks that the file is a classifier and that the card fits it.
 * @param preprocess used when there is no card
 * @throws `card.missing`, `card.mismatch`, and what `loadModel` throws
 */
export async function openModel(path: string, preprocess?: (side: number) => Preprocess): Promise<Model> {
  const graph = await loadModel(path);
  const classifier = classifierOf(graph, path);
  const card = (await readCard(path)) ?? (preprocess && makeCard(path, graph, preprocess(classifier.height)));
  if (!card) throw new AppError('card.missing', { path, card: cardPath(path) });
  const mismatch = (detail: string): AppError => new AppError('card.mismatch', { path: cardPath(path), detail });
  if (card.input.name !== classifier.input.name) {
    throw mismatch(`the model's input is "${classifier.input.name}", the card says "${card.input.name}"`);
  }
  if (card.output.name !== classifier.output.name) {
    throw mismatch(`the model's output is "${classifier.output.name}", the card says "${card.output.name}"`);
  }
  if (card.output.classes !== classifier.classes) {
    throw mismatch(`the model has ${classifier.classes} classes, the card says ${card.output.classes}`);
  }
  if ((card.input.type ?? 'float32') !== classifier.input.type) {
    throw mismatch(`the model's input is ${classifier.input.type}, the card says ${card.input.type ?? 'float32'}`);
  }
  if (card.preprocess.crop !== card.input.height || card.input.height !== card.input.width) {
    throw mismatch(
      `the crop of ${card.preprocess.crop} does not give the input of ${card.input.height} x ${card.input.width}`,
    );
  }
  const [sha256, { size }] = [await hashFile(path), await stat(path)];
  if (card.sha256 && card.sha256 !== sha256) {
    throw mismatch('the sha256 of the model file is not the one on the card');
  }
  return { name: card.name, path, sha256, sizeBytes: size, card };
}
