import type { NetworkEstimate } from '@shared/edgetpu';
import { networksText } from '@shared/presenter/edgetpu';
import { recipeSchema } from '@shared/recipe';
import { recipeVariants } from '@shared/recipe-ranges';
import type { FileFormat } from './formats/file-format';
import { findFormat } from './formats/registry';
import { locateModel, openModel, type Model } from './models/model-folder';
import { modelStamp } from './models/model-identity';
import { checkRecipe } from './techniques/check-recipe';
import { recipeForm, recipeTraits } from './techniques/recipe-traits';
import { describeTechniques } from './techniques/registry';

/** What is to be deployed: networks as a sweep names them, after a recipe, of whose ranges the first values count. */
interface EstimateRequest {
  recipe?: unknown;
  format: string;
  models: readonly string[];
}

/** By format, files and card: a sweep that is being edited asks again at every change, and converting a large network takes a while. */
const known = new Map<string, Promise<NetworkEstimate>>();
const kept = 100;

/**
 * What the device of a format will make of networks after a recipe, before anything is compressed; undefined where nothing can be said. The network
 * is taken as it came: what the recipe cuts away is not known yet, so figures are upper bounds then.
 * Throws `format.unknown`, `format.unsupported-operator`, and what checking a recipe and opening a model throw.
 */
export async function deploymentEstimate(
  { recipe, format: id, models }: EstimateRequest,
  modelFolder: string,
): Promise<string | undefined> {
  const format = findFormat(id);
  if (!format.estimate || models.length === 0) return undefined;
  const [variant] = recipeVariants(recipeSchema.parse(recipe), describeTechniques());
  const steps = checkRecipe(variant!.recipe);
  const networks = await Promise.all(
    models.map(async (reference) => {
      const model = await openModel(locateModel(reference, modelFolder));
      const { chip, isQuantized } = await remembered(format, model);
      return { name: model.name, chip, isQuantized };
    }),
  );
  const { activations } = recipeForm(steps);
  return networksText(networks, {
    isQuantized: activations === 'qdq' || activations === 'qoperator',
    isSmaller: recipeTraits(steps).structural,
  });
}

function remembered(format: FileFormat, { path, card }: Model): Promise<NetworkEstimate> {
  const key = [format.id, format.version, modelStamp(path), JSON.stringify([card.input, card.output])].join('\n');
  const before = known.get(key);
  if (before) return before;
  if (known.size >= kept) known.clear();
  const estimate = format.estimate!(path, card);
  estimate.catch(() => known.delete(key));
  known.set(key, estimate);
  return estimate;
}
