import { AppError } from '@shared/errors';
import type { RecipeStep, TechniqueInfo } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import { floatNetwork, formAfter, obstacleTo, type Handling, type Obstacle } from './handling';
import { parseParams } from './parse-params';
import { findTechnique } from './registry';
import { handlingOf, type Dependence } from './technique';

/** A step with every default filled in: plain data, fit for a cache key and for the wire. */
export interface ResolvedStep {
  technique: string;
  version: number;
  params: Record<string, unknown>;
  needs: TechniqueInfo['needs'];
  dependsOn: readonly Dependence[];
  /** Later steps are compared with its result. */
  becomesReference: boolean;
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
      becomesReference: Boolean(technique.preservesFunction ?? technique.startsAnew),
      usesReference: technique.usesReference ?? false,
    };
  });
  const handlings = resolved.map(({ technique, params }) => handlingOf(findTechnique(technique), params));
  const refused = firstRefusal(handlings);
  if (refused) {
    const [id, previous] = [resolved[refused.at]!.technique, resolved[refused.after]!.technique];
    const swapped = firstRefusal([handlings[refused.at]!, handlings[refused.after]!]);
    const advice = swapped ? 'leave one of the two out' : `put ${id} before ${previous}`;
    const detail = `${refused.obstacle.detail}; ${advice}`;
    throw new AppError('technique.order', { recipe: formatRecipe([...steps]), id, previous, detail });
  }
  return resolved;
}

interface Refusal {
  at: number;
  /** The step that gave the network the form which is in the way. */
  after: number;
  obstacle: Obstacle;
}

/** The first step that does not take what those before it leave. */
function firstRefusal(handlings: readonly Handling[]): Refusal | undefined {
  let form = floatNetwork;
  // Which weights are still in float32, once a step has stored the others in another form.
  let left: readonly string[] | undefined;
  for (const [at, handling] of handlings.entries()) {
    const { takes, leaves } = handling;
    const storesAnew = leaves.weights !== undefined && !takes.weights.includes(leaves.weights);
    const keeps = leaves.keeps ?? [];
    const takesCodes = takes.weights.includes('codes') && form.weights.has('codes');
    const obstacle = obstacleTo(handling, form) ?? (storesAnew && !takesCodes ? nothingLeft(left, keeps) : undefined);
    if (obstacle) return { at, after: originOf(obstacle, handlings.slice(0, at)), obstacle };
    form = formAfter(form, handling);
    if (storesAnew) left = left?.filter((name) => keeps.includes(name)) ?? keeps;
  }
  return undefined;
}

function nothingLeft(left: readonly string[] | undefined, keeps: readonly string[]): Obstacle | undefined {
  if (!left?.every((name) => keeps.includes(name))) return undefined;
  return { in: 'weights', detail: `only ${left.join(' and ')} would be left for it, which it keeps too` };
}

function originOf({ in: part, storage }: Obstacle, before: readonly Handling[]): number {
  return before.findLastIndex(({ leaves }) =>
    part === 'weights' && storage ? leaves.weights === storage : leaves[part] !== undefined,
  );
}
