import type { Recipe } from '@shared/recipe';
import { checkRecipe } from '../techniques/check-recipe';
import { parseParams } from '../techniques/parse-params';
import { findTechnique, techniques } from '../techniques/registry';
import { chainPlaces, type SearchRange } from '../techniques/search-space';
import type { Technique } from '../techniques/technique';
import type { Assignment, Choice } from './tree-parzen';

const longestChain = 5;

type Searched = Technique & Required<Pick<Technique, 'search'>>;

const searched = techniques.filter((technique): technique is Searched => technique.search !== undefined);
/** Of each place, the techniques that may stand there; option 0 of its choice is none. */
const techniquesAt = new Map(
  chainPlaces.map((place) => [place, searched.filter(({ search }) => search.place === place)]),
);

const valuesOf = (range: SearchRange): readonly unknown[] => ('ordered' in range ? range.ordered : range.choices);
const nameOf = (technique: Technique, param: string): string => `${technique.id} ${param}`;

/** All choices of a chain: what stands at each place, and then its parameters. */
export const chainChoices: readonly Choice[] = chainPlaces.flatMap((place): Choice[] => {
  const those = techniquesAt.get(place)!;
  const params = those.flatMap((technique, at) =>
    Object.entries(technique.search.params).map(([param, range]) => ({
      name: nameOf(technique, param),
      options: valuesOf(range).length,
      isOrdered: 'ordered' in range,
      when: { choice: place, option: at + 1 },
    })),
  );
  return [{ name: place, options: those.length + 1, isOrdered: false }, ...params];
});

/** The chain that an assignment stands for; parameters at their defaults are left out. */
export function chainOf(assignment: Assignment): Recipe {
  return chainPlaces.flatMap((place) => {
    const technique = techniquesAt.get(place)![(assignment.get(place) ?? 0) - 1];
    if (!technique) return [];
    const usual = parseParams(technique, {});
    const params = Object.entries(technique.search.params).flatMap(([param, range]) => {
      const value = valuesOf(range)[assignment.get(nameOf(technique, param)) ?? -1];
      return value === undefined || value === usual[param] ? [] : [[param, value] as const];
    });
    return [{ technique: technique.id, params: Object.fromEntries(params) }];
  });
}

/** What a search learns from a chain; values that it would not try itself teach nothing. */
export function assignmentOf(chain: Recipe): Assignment {
  const steps = new Map(checkRecipe(chain).map(({ technique, params }) => [technique, params]));
  const assignment = new Map<string, number>();
  for (const place of chainPlaces) {
    const those = techniquesAt.get(place)!;
    const at = those.findIndex(({ id }) => steps.has(id));
    assignment.set(place, at + 1);
    const technique = those[at];
    if (!technique) continue;
    for (const [param, range] of Object.entries(technique.search.params)) {
      const option = valuesOf(range).indexOf(steps.get(technique.id)![param]);
      if (option >= 0) assignment.set(nameOf(technique, param), option);
    }
  }
  return assignment;
}

/** Whether it is a chain that may run: one to five steps in an order that all of them take, and errors for what makes up for errors. */
export function isChain(chain: Recipe): boolean {
  if (chain.length < 1 || chain.length > longestChain) return false;
  const steps = chain.map(({ technique }) => findTechnique(technique));
  const firstLoss = steps.findIndex(({ preservesFunction, compensates }) => !preservesFunction && !compensates);
  const firstRepair = steps.findIndex(({ compensates }) => compensates);
  if (firstRepair >= 0 && (firstLoss < 0 || firstRepair < firstLoss)) return false;
  try {
    checkRecipe(chain);
    return true;
  } catch {
    return false;
  }
}
