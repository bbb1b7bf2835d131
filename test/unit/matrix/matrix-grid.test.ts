import { describe, expect, it } from 'vitest';
import { presentRun } from '@shared/presenter/reading';
import { shownRows } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import { keepUnchanged } from '../../../src/renderer/matrix/keep-unchanged';
import { emptyGrid, matrixGrid, type MatrixGrid } from '../../../src/renderer/matrix/matrix-grid';
import { mergeTrials } from '../../../src/renderer/matrix/merge-trial';
import { recipeLabels } from '../../../src/renderer/matrix/recipe-label';
import { largeRun, largeTargets } from '../report/large-run';

const run = largeRun();
const { models } = run;
const target = largeTargets[0]!;
const labels = recipeLabels(run.trials.map(({ recipeText }) => recipeText));
function gridOf(view: RunView, descending: boolean, across: 'models' | 'recipes' = 'models'): MatrixGrid {
  const presentation = presentRun(view);
  const sort = { model: models[1]!, metric: 'size' as const, descending };
  const recipes = shownRows(presentation, { filter: '', models, sort }, target);
  return matrixGrid(recipes, labels, presentation, { models, metrics: ['size', 'latency', 'top1'], target, across });
}
const allOf = ({ keys, groups, row }: MatrixGrid): ReturnType<typeof row>[] =>
  keys.map((_, at) => row(at, [...groups.keys()]));

describe.each(['models', 'recipes'] as const)('a matrix with %s across', (across) => {
  const grid = gridOf(run, false, across);
  const all = allOf(grid);

  it('holds every trial at one place', () => {
    for (const { id, model, recipe } of run.trials) {
      const { row, group } = grid.placeOf(id)!;
      expect([grid.keys[row], grid.groups[group]]).toEqual(across === 'models' ? [recipe, model] : [model, recipe]);
      expect(grid.trialAt(row, group)).toBe(id);
      expect(all[row]!.groups[group]).toMatchObject({ place: group, trial: id });
    }
    expect(grid.placeOf('another trial')).toBeUndefined();
    expect([grid.trialAt(-1, 0), grid.trialAt(0, -1), grid.trialAt(0, grid.groups.length)]).toEqual(
      Array.from({ length: 3 }),
    );
  });

  it('draws the same groups alone as with the others, and a row without any', () => {
    expect(grid.row(3, [1, 7]).groups).toEqual([all[3]!.groups[1], all[3]!.groups[7]]);
    expect(grid.row(3, [])).toEqual({ ...all[3], groups: [] });
  });
});

it('a row that stays the same is the same object while a run goes on', () => {
  const before = allOf(gridOf(run, false));
  const trial = run.trials.find(({ recipe }) => recipe === before[5]!.recipe)!;
  const after = keepUnchanged(allOf(gridOf(mergeTrials(run, [{ ...trial, starred: true }]), false)), before);
  expect(after.filter((row, at) => row !== before[at]).map(({ recipe }) => recipe)).toEqual([trial.recipe]);
});

it('rows that are sorted another way share with what stood in their place no more than what is equal', () => {
  const [before, sorted] = [allOf(gridOf(run, false)), allOf(gridOf(run, true))];
  const after = keepUnchanged(sorted, before);
  expect(after).toEqual(sorted);
  expect(after).not.toEqual(before);
  expect(after[0]).toBe(before[0]);
});

it('a matrix of nothing has no rows', () => {
  expect(allOf(emptyGrid)).toEqual([]);
  expect(() => emptyGrid.row(0, [])).toThrow(RangeError);
});
