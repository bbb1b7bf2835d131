import { AppError } from '@shared/errors';
import type { Recipe } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import { targetName, type SweepFile, type Target } from '@shared/sweep-file';
import type { Machine, StepView } from '@shared/run';
import type { Dataset } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import type { Model } from '../models/model-folder';
import { checkRecipe, type ResolvedRecipe } from '../techniques/check-recipe';
import { imagesKey, modelKey, stepKey } from '../jobs/step-key';

/** A file a step reads: a model as it came, or the artifact of another step. */
export type FileReference = { model: string } | { step: string };

/** What a planned step does; with the files it refers to it becomes a job. */
export type StepOrder =
  | {
      kind: 'compress';
      model: string;
      input: FileReference;
      /** The float network that lossy steps are compared with. */
      reference: FileReference;
      technique: string;
      params: Record<string, unknown>;
    }
  | { kind: 'describe'; model: string; input: FileReference }
  | { kind: 'evaluate'; model: string; input: FileReference }
  | { kind: 'measure'; model: string; input: FileReference; baseline: FileReference; target: Target };

export interface PlannedStep {
  key: string;
  kind: StepOrder['kind'];
  title: StepView['title'];
  order: StepOrder;
  /** Keys of the steps whose artifacts it reads. */
  needs: string[];
}

export interface TrialPlan {
  /** "model/recipe". */
  id: string;
  model: string;
  recipe: string;
  recipeText: string;
  isBaseline: boolean;
  steps: PlannedStep[];
  /** Where the deployed file comes from. */
  artifact: FileReference;
  /** Key of the baseline's evaluation, for paired differences. */
  baselineEvaluation: string;
}

/** Facts outside the sweep that a result depends on. */
export interface Surroundings {
  machine: Machine;
  onnxruntime: string;
}

/** Change when evaluation or measurement itself changes meaning, so that older results are not taken for new ones. */
const methodVersion = { describe: 3, evaluate: 1, measure: 1 };

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
  const calibrationKey = imagesKey(dataset.calibration);
  const recipes = Object.entries(sweep.recipes).map(([name, given]) => ({
    name,
    given,
    steps: checkNamedRecipe(name, given),
  }));

  return models.flatMap((model) => {
    const root = modelKey(model.sha256, model.card);
    const evaluationKey = imagesKey(imagesFor(dataset.eval, dataset, model.card));
    const evaluationOf = (key: string): string =>
      stepKey('evaluate', methodVersion.evaluate, key, evaluationKey, around.onnxruntime, around.machine.isa);

    return recipes.map(({ name, given, steps: recipe }): TrialPlan => {
      const steps: PlannedStep[] = [];
      let key = root;
      let file: FileReference = { model: model.name };
      let reference: FileReference = { model: model.name };
      let needs: string[] = [];
      for (const [position, step] of recipe.entries()) {
        const { technique: id, version, params, needs: splits, preservesFunction, usesReference } = step;
        const images = splits.includes('calibration') ? calibrationKey : undefined;
        key = stepKey('compress, recipe recorded', key, id, version, params, images, sweep.seed);
        const title = formatRecipe(given.slice(position, position + 1));
        steps.push({
          key,
          kind: 'compress',
          title,
          needs: usesReference && 'step' in reference ? [...new Set([...needs, reference.step])] : needs,
          order: { kind: 'compress', model: model.name, input: file, reference, technique: id, params },
        });
        file = { step: key };
        if (preservesFunction) reference = file;
        needs = [key];
      }
      const push = (stepKeyOf: string, title: string, order: StepOrder): void => {
        steps.push({ key: stepKeyOf, kind: order.kind, title, needs, order });
      };
      push(stepKey('describe', methodVersion.describe, key), 'file', {
        kind: 'describe',
        model: model.name,
        input: file,
      });
      push(evaluationOf(key), `${dataset.eval.entries.length.toLocaleString('en')} images`, {
        kind: 'evaluate',
        model: model.name,
        input: file,
      });
      for (const target of sweep.targets) {
        push(
          stepKey(
            'measure',
            methodVersion.measure,
            key,
            root,
            target,
            sweep.latency,
            around.onnxruntime,
            around.machine.id,
            sweep.seed,
          ),
          targetName(target),
          { kind: 'measure', model: model.name, input: file, baseline: { model: model.name }, target },
        );
      }
      return {
        id: `${model.name}/${name}`,
        model: model.name,
        recipe: name,
        recipeText: formatRecipe(given),
        isBaseline: recipe.length === 0,
        steps,
        artifact: file,
        baselineEvaluation: evaluationOf(root),
      };
    });
  });
}

/** A sweep has many recipes: its errors say which one. */
function checkNamedRecipe(name: string, recipe: Recipe): ResolvedRecipe {
  try {
    return checkRecipe(recipe);
  } catch (thrown) {
    throw thrown instanceof AppError ? new AppError(thrown.code, { ...thrown.facts, recipe: name }) : thrown;
  }
}

/** Every step once, in the order the trials list them. */
export function distinctSteps(trials: readonly TrialPlan[]): PlannedStep[] {
  return [...new Map(trials.flatMap((trial) => trial.steps).map((step) => [step.key, step])).values()];
}
