import { AppError } from '@shared/errors';
import type { Recipe } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import type { SweepFile } from '@shared/sweep-file';
import type { Dataset } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import { stepImages, type StepDataset } from '../dataset/step-images';
import { imagesKey, modelKey, stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import type { Model } from '../models/model-folder';
import { checkRecipe, type ResolvedRecipe } from '../techniques/check-recipe';
import { recipeTraits } from '../techniques/recipe-traits';
import type { PlannedStep, TrialPlan } from './plan';
import type { PlannedFile } from './deployment-steps';
import { planDeployments } from './plan-deployments';
import { toCompress } from './requirement';
import type { Surroundings } from './surroundings';

/** What of a sweep decides the steps that compress. */
export interface CompressionSettings {
  seed: number;
  dataset: StepDataset;
  around: Pick<Surroundings, 'machine' | 'onnxruntime'>;
}

/**
 * A sweep as trials of content-addressed steps. Pure: equal sweeps give equal keys, and recipes with a common beginning
 * share its steps.
 * @throws `technique.unknown`, `technique.params`, `technique.order`
 */
export function expandSweep(
  sweep: SweepFile,
  models: readonly Model[],
  dataset: Dataset,
  around: Surroundings,
): TrialPlan[] {
  const { seed, latency, targets } = sweep;
  const recipes = Object.entries(sweep.recipes).map(([name, given]) => ({
    name,
    given,
    resolved: checkNamedRecipe(name, given),
  }));

  return models.flatMap((model) => {
    const evaluation = imagesFor(dataset.eval, dataset, model.card);
    const images = { key: imagesKey(evaluation), count: evaluation.entries.length };
    return recipes.map(({ name, given, resolved }): TrialPlan => {
      const { steps, file, original } = planRecipe(model, given, resolved, { seed, dataset, around });
      const after = planDeployments(file, original, { targets, latency, seed, images, around });
      return {
        id: `${model.name}/${name}`,
        model: model.name,
        recipe: name,
        recipeText: formatRecipe(given),
        isBaseline: given.length === 0,
        steps: [...steps, ...after.steps],
        artifact: file.file,
        deployments: after.deployments,
        ...(after.files.length > 0 && { files: after.files }),
        ...(after.lacking.length > 0 && { lacking: after.lacking }),
        ...(after.network !== undefined && { network: after.network }),
      };
    });
  });
}

/** The steps that make a recipe's artifact, one a technique, and the file they leave. */
export function planRecipe(
  model: Pick<Model, 'name' | 'sha256' | 'card' | 'isInteger'>,
  given: Recipe,
  resolved: ResolvedRecipe,
  { seed, dataset, around }: CompressionSettings,
): { steps: PlannedStep[]; file: PlannedFile; original: PlannedFile } {
  const original: PlannedFile = {
    model: model.name,
    key: modelKey(model.sha256, model.card),
    file: { model: model.name },
    needs: [],
    card: model.card,
    isInteger: model.isInteger === true,
    path: 'straight',
  };
  let [file, reference] = [original, original.file];
  const steps = resolved.map((step, position): PlannedStep => {
    const { technique, version, params, needs: images, becomesReference, usesReference, dependsOn } = step;
    const key = stepKey(
      'compress',
      stepVersions.compress,
      file.key,
      technique,
      version,
      params,
      images.map((split) => imagesKey(stepImages(split, dataset, model.card))),
      seed,
      dependsOn.includes('machine') ? around.machine.id : undefined,
      dependsOn.includes('runtime') ? around.onnxruntime : undefined,
      dependsOn.includes('kernels') ? [around.onnxruntime, around.machine.isa] : undefined,
    );
    const needs = usesReference && 'step' in reference ? [...new Set([...file.needs, reference.step])] : file.needs;
    const order = {
      kind: 'compress',
      model: model.name,
      input: file.file,
      reference,
      technique,
      params,
      images,
    } as const;
    file = { ...original, key, file: { step: key }, needs: [key] };
    if (becomesReference) reference = file.file;
    const title = formatRecipe(given.slice(position, position + 1));
    return { key, kind: 'compress', title, needs, order, requires: toCompress(dependsOn, around) };
  });
  const traits = recipeTraits(resolved);
  const isInteger = original.isInteger || traits.isInteger;
  return { steps, file: { ...file, isInteger, path: traits.path }, original };
}

/** A sweep has many recipes: its errors say which one. */
function checkNamedRecipe(name: string, recipe: Recipe): ResolvedRecipe {
  try {
    return checkRecipe(recipe);
  } catch (thrown) {
    throw thrown instanceof AppError ? new AppError(thrown.code, { ...thrown.facts, recipe: name }) : thrown;
  }
}
