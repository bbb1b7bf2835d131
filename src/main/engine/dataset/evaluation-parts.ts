import type { EvaluationPart } from '@shared/dataset';
import type { ImageSet } from './dataset';
import { takeStratified } from './choose-splits';

declare const partBrand: unique symbol;

/** Evaluation images of one half. The brand keeps the halves apart: what chooses takes `PartOf<'selection'>` and cannot be given the other. */
export type PartOf<P extends EvaluationPart> = ImageSet<'eval'> & { readonly [partBrand]?: P };

/**
 * The evaluation images in two halves, stratified by class: which image is in which depends on the seed and on the images' contents and
 * labels alone. An odd image goes to confirmation.
 */
export function splitEvaluation(
  images: ImageSet<'eval'>,
  seed: number,
): { selection: PartOf<'selection'>; confirmation: PartOf<'confirmation'> } {
  const { taken, rest } = takeStratified(images.entries, Math.floor(images.entries.length / 2), seed);
  return { selection: { ...images, entries: taken }, confirmation: { ...images, entries: rest } };
}

/**
 * Images in disjoint blocks, stratified by class: a quarter, and the rest. To make a candidate costs far more than to ask it about a few hundred
 * images, so that more steps between would save little and lose good ones.
 */
export function growingBlocks<P extends EvaluationPart>(images: PartOf<P>, seed: number): PartOf<P>[] {
  const { taken, rest } = takeStratified(images.entries, Math.floor(images.entries.length / 4), seed);
  return [taken, rest].filter(({ length }) => length > 0).map((entries) => ({ ...images, entries }));
}
