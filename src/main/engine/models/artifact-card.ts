import { basename } from 'node:path';
import type { ModelCard } from '@shared/model-card';
import { stoppedTexts } from '@shared/presenter/stopped-training';
import type { RunView, TrialView } from '@shared/run';
import { loadForInspection } from '../onnx/load';
import { readCard } from './card';

/**
 * The card of a compressed artifact: its parent's, with the file's own identity and input, and what was done to it. Reads the file.
 * @param source the ONNX file that it was made of, where it is of another format
 */
export async function compressedCard(
  parent: ModelCard,
  file: { path: string; sha256: string; sizeBytes: number },
  recipeText: string,
  source = file.path,
): Promise<ModelCard> {
  const { reference: _measuredOnTheParent, ...card } = parent;
  const [input] = (await loadForInspection(source)).inputs;
  return {
    ...card,
    input: inputWithType(card.input, input?.type),
    title: `${parent.title ?? parent.name}${recipeText ? ` (${recipeText})` : ''}`,
    recipe: [parent.recipe, recipeText].filter(Boolean).join(' | ') || undefined,
    file: basename(file.path),
    sha256: file.sha256,
    bytes: file.sizeBytes,
  };
}

/** Cards say nothing of float32, the usual type. */
function inputWithType({ type: _parents, ...input }: ModelCard['input'], type: string | undefined): ModelCard['input'] {
  return type === 'uint8' || type === 'float16' ? { ...input, type } : input;
}

/** The card for a trial's artifact; undefined where the parent has none on disk any more. */
export async function cardOfArtifact(run: RunView, trial: TrialView): Promise<ModelCard | undefined> {
  const model = run.manifest.models.find((candidate) => candidate.name === trial.model);
  const parent = model && (await readCard(model.path).catch(() => undefined));
  const done = [trial.recipeText, ...stoppedTexts(trial.training)].join(', ');
  return parent && trial.artifact ? compressedCard(parent, trial.artifact, done) : undefined;
}
