import { formatCounted } from '@shared/format';
import { formatRecipe } from '@shared/recipe-syntax';
import type { RecipeStep } from '@shared/recipe';
import type { SensitivityMethod } from '@shared/sensitivity';
import { stepWithout } from '@shared/sensitivity-order';
import type { SweepFile } from '@shared/sweep-file';
import { methodName } from './method-choices';

/** A recipe that spares the ticked layers, with a name that fits a row of the matrix. */
export interface SparingRecipe {
  name: string;
  step: RecipeStep;
  /** As one writes it on the command line. */
  text: string;
}

export function sparingRecipe(method: SensitivityMethod, layers: readonly string[]): SparingRecipe {
  const step = stepWithout(method, layers);
  const count = formatCounted(layers.length, 'layer');
  return { name: `${methodName(method)} without ${count}`, step, text: formatRecipe([step]) };
}

/** A sweep of one network: as it is, compressed whole, and compressed without the ticked layers. */
export function sweepWithout(sweep: SweepFile, model: string, method: SensitivityMethod, layers: string[]): SweepFile {
  const whole = stepWithout(method, []);
  const { name, step } = sparingRecipe(method, layers);
  return {
    ...sweep,
    name: `${methodName(method)}, layers left out`,
    models: [model],
    recipes: { baseline: [], [methodName(method)]: [whole], [name]: [step] },
  };
}
