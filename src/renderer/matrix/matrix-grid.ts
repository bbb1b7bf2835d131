import type { RunPresentation } from '@shared/presenter/reading';
import type { MatrixRow } from '@shared/presenter/rows';
import { pivoted } from './pivot-rows';
import type { recipeLabels } from './recipe-label';
import { shownRow, type CellGroup, type ShownRow } from './shown-row';

/** A group with its place across. */
export interface PlacedGroup extends CellGroup {
  place: number;
}

/** A row with some of its groups. */
export interface DrawnRow extends ShownRow {
  groups: PlacedGroup[];
}

/** What stands where in the matrix. Cells are made when they are first asked for: of hundreds of trials the window shows a few. */
export interface MatrixGrid {
  /** Recipes down; networks where the matrix is turned round. */
  keys: readonly string[];
  /** What stands across. */
  groups: readonly string[];
  /** The trial at a place, by its id. */
  trialAt: (row: number, group: number) => string | undefined;
  /** Where a trial stands; undefined where its row or its group is not shown. */
  placeOf: (trial: string) => { row: number; group: number } | undefined;
  /** The row with its groups at these places, in ascending order. */
  row: (row: number, groups: readonly number[]) => DrawnRow;
}

export const emptyGrid: MatrixGrid = {
  keys: [],
  groups: [],
  trialAt: () => undefined,
  placeOf: () => undefined,
  row: (row) => {
    throw new RangeError(`the matrix has no row ${row}`);
  },
};

export function matrixGrid(
  recipes: readonly MatrixRow[],
  labels: ReturnType<typeof recipeLabels>,
  presentation: Pick<RunPresentation, 'read' | 'baselineOf' | 'lacking'>,
  view: Parameters<typeof shownRow>[3] & { across: 'models' | 'recipes' },
): MatrixGrid {
  const { models, across } = view;
  const names = recipes.map(({ recipe }) => recipe);
  const isTurned = across === 'recipes';
  const [keys, groups] = isTurned ? [models, names] : [names, models];
  const trialAt = (row: number, group: number): string | undefined => {
    const [recipe, model] = isTurned ? [group, row] : [row, group];
    return recipes[recipe]?.trials.get(models[model] ?? '')?.id;
  };
  const rowOf = (row: number, places: readonly number[]): ShownRow => {
    if (!isTurned)
      return shownRow(recipes[row]!, labels, presentation, { ...view, models: places.map((at) => models[at]!) });
    const one = [models[row]!];
    const turned = places.map((at) => shownRow(recipes[at]!, labels, presentation, { ...view, models: one }));
    return pivoted(turned, one)[0]!;
  };
  const heads = new Map<number, ShownRow>();
  const made = new Map<number, PlacedGroup>();
  const headOf = (row: number): ShownRow => {
    const head = heads.get(row) ?? rowOf(row, []);
    heads.set(row, head);
    return head;
  };
  const groupAt = (row: number, place: number): PlacedGroup => {
    const cell = row * groups.length + place;
    const group = made.get(cell) ?? { ...rowOf(row, [place]).groups[0]!, place };
    made.set(cell, group);
    return group;
  };
  return {
    keys,
    groups,
    trialAt,
    placeOf: (trial) => {
      for (const row of keys.keys())
        for (const group of groups.keys()) if (trialAt(row, group) === trial) return { row, group };
      return undefined;
    },
    row: (row, places) => ({ ...headOf(row), groups: places.map((place) => groupAt(row, place)) }),
  };
}
