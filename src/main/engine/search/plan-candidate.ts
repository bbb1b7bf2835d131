import type { Recipe } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import type { SweepFile } from '@shared/sweep-file';
import type { Dataset, ImageSet } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import { imagesKey } from '../jobs/step-key';
import type { Model } from '../models/model-folder';
import { planRecipe } from '../sweep/expand';
import type { TrialPlan } from '../sweep/plan';
import { planDeployments } from '../sweep/plan-deployments';
import type { Surroundings } from '../sweep/surroundings';
import { checkRecipe } from '../techniques/check-recipe';

/** A chain on a network: what a search tries. */
export interface Candidate {
  /** Name in the run, by the order in which candidates were proposed. */
  name: string;
  model: Model;
  chain: Recipe;
}

export interface PlanSettings {
  sweep: SweepFile;
  dataset: Dataset;
  around: Surroundings;
  /** The network that all candidates are compared with. */
  network: Model;
}

/** The trial of a candidate on some of the evaluation images, as a sweep plans it, but compared with one network whatever it is made of. */
export function planCandidate(
  { name, model, chain }: Candidate,
  images: ImageSet<'eval'>,
  { sweep, dataset, around, network }: PlanSettings,
): TrialPlan {
  const { seed, latency, targets } = sweep;
  const settings = { seed, dataset, around };
  const { steps, file } = planRecipe(model, chain, checkRecipe(chain), settings);
  const { original } = planRecipe(network, [], [], settings);
  const evaluation = imagesFor(images, dataset, model.card);
  const after = planDeployments(file, original, {
    targets,
    latency,
    seed,
    images: { key: imagesKey(evaluation), count: evaluation.entries.length },
    around,
  });
  return {
    id: `${model.name}/${name}`,
    model: model.name,
    recipe: name,
    recipeText: formatRecipe(chain),
    isBaseline: model === network && chain.length === 0,
    steps: [...steps, ...after.steps],
    artifact: file.file,
    deployments: after.deployments,
  };
}

/** Without its times, which take longest. */
export function withoutTimes(plan: TrialPlan): TrialPlan {
  return { ...plan, steps: plan.steps.filter(({ kind }) => kind !== 'measure') };
}
