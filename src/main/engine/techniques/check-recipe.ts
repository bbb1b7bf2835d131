import { AppError } from '@shared/errors';
import type { RecipeStep, TechniqueInfo } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import { parseParams } from './parse-params';
import { findTechnique } from './registry';
import type { Dependence } from './technique';

/** A step with every default filled in: plain data, fit for a cache key and for the wire. */
export interface ResolvedStep {
  technique: string;
  version: number;
  params: Record<string, unknown>;
  needs: TechniqueInfo['needs'];
  dependsOn: readonly Dependence[];
  preservesFunction: boolean;
  usesReference: boolean;
}
export type ResolvedRecipe = ResolvedStep[];

/** Checks a whole recipe before anything runs. Throws `technique.unknown`, `technique.params` or `technique.order`. */
export function checkRecipe(steps: readonly RecipeStep[]): ResolvedRecipe {
  const resolved = steps.map((step) => {
    const technique = findTechnique(step.technique);
    const params = parseParams(technique, step.params);
    return {
      technique: technique.id,
      version: technique.version,
      params,
      needs: [...(technique.needsFor?.(params) ?? technique.needs)],
      dependsOn: technique.dependsOnFor?.(params) ?? technique.dependsOn ?? [],
      preservesFunction: technique.preservesFunction ?? false,
      usesReference: technique.usesReference ?? false,
    };
  });
  resolved.forEach((step, position) => {
    const { notAfter = {} } = findTechnique(step.technique);
    for (const { technique: previous } of resolved.slice(0, position)) {
      const detail = notAfter[previous];
      if (detail === undefined) continue;
      throw new AppError('technique.order', { recipe: formatRecipe([...steps]), id: step.technique, previous, detail });
    }
  });
  return resolved;
}
