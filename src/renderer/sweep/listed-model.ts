import type { ModelInspection, UnclearClassifier } from '@shared/contract';
import type { ModelSummary } from '@shared/model-card';

/** A model as the sweep's list shows it, whether it comes from the model folder or from a single file. */
export interface ListedModel {
  /** What a sweep file says: the name for models of the folder, the path for others. */
  reference: string;
  title: string;
  path: string;
  sizeBytes?: number;
  /** Width×height, "224×224", pixels; absent while unknown. */
  input?: string;
  licence?: string;
  /** What was done to it, where Whittle made it from another model. */
  recipe?: string;
  /** False: no card yet, its preprocessing must be asked. */
  described: boolean;
  /** Being read. */
  checking?: boolean;
  problem?: string;
}

export function modelFromSummary({ name, title, path, sizeBytes, card }: ModelSummary): ListedModel {
  const input = card && `${card.input.width}×${card.input.height}`;
  return {
    reference: name,
    title: title || name,
    path,
    sizeBytes,
    input,
    licence: card?.licence,
    recipe: card?.recipe,
    described: Boolean(card),
  };
}

export function modelFromInspection({ path, sizeBytes, classifier, card }: ModelInspection): ListedModel {
  const title = fileNameOf(path).replace(/\.onnx$/i, '');
  // Where only the class scores must be chosen, the form asks which they are.
  const facts = 'problem' in classifier ? classifier.choices?.[0]?.facts : classifier;
  if (!facts) {
    const { problem } = classifier as UnclearClassifier;
    return { reference: path, title, path, sizeBytes, described: true, problem };
  }
  const { width, height } = facts;
  return {
    reference: path,
    title,
    path,
    sizeBytes,
    input: width && height ? `${width}×${height}` : undefined,
    described: Boolean(card),
  };
}

/** The last part of a path, on any system. */
export function fileNameOf(path: string): string {
  return path.split(/[\\/]/).findLast(Boolean) ?? path;
}
