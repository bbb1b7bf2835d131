import type { NetworkForm, PathForm } from '../compression/layers/network-form';
import { floatNetwork, formAfter, type Handling } from './handling';
import { findTechnique } from './registry';
import { handlingOf } from './technique';

/** What a recipe makes of a network, as far as people ask for it first. */
export interface RecipeTraits {
  /** Layers multiply integers. */
  integers: boolean;
  /** They hand codes on to each other too, so that kernels for integers alone can run it, but for layers that a step was told to keep. */
  isInteger: boolean;
  /** Layers are smaller, fewer, or see smaller images: less to compute in any number format. */
  structural: boolean;
  /** Whether what runs depends on the image. */
  path: PathForm;
}

interface Step {
  technique: string;
  params: unknown;
}

const handlings = (steps: readonly Step[]): Handling[] =>
  steps.map(({ technique, params }) => handlingOf(findTechnique(technique), params));

/** The form in which checked steps leave a float network, from what their techniques take and leave. Throws `technique.unknown`. */
export function recipeForm(steps: readonly Step[]): NetworkForm {
  return handlings(steps).reduce(formAfter, floatNetwork);
}

/** The traits of checked steps. Throws `technique.unknown`. */
export function recipeTraits(steps: readonly Step[]): RecipeTraits {
  const form = recipeForm(steps);
  return {
    integers: form.weights.has('integers'),
    isInteger: form.weights.has('integers') && form.activations === 'qdq',
    path: form.path,
    structural: handlings(steps).some(({ leaves }) => leaves.work === 'less'),
  };
}
