import { computed, type ComputedRef } from 'vue';
import { foldRows } from '@shared/presenter/fold-rows';
import { shownRows } from '@shared/presenter/report-view';
import { keepUnchanged } from '../../matrix/keep-unchanged';
import { emptyGrid, matrixGrid, type MatrixGrid } from '../../matrix/matrix-grid';
import { recipeLabels } from '../../matrix/recipe-label';
import { useMatrixViewStore } from '../../stores/matrix-view';
import { useRunsStore } from '../../stores/runs';

/** The matrix as it is shown, also when it is copied: baseline first, filtered, sorted, within the budget. */
export function useMatrixGrid(): {
  grid: ComputedRef<MatrixGrid>;
  folded: ComputedRef<number>;
  onlyBaseline: ComputedRef<boolean>;
} {
  const view = useMatrixViewStore();
  const runs = useRunsStore();
  const texts = computed<string[]>((before) =>
    keepUnchanged([...new Set(runs.current?.trials.map(({ recipeText }) => recipeText))], before),
  );
  const labels = computed(() => recipeLabels(texts.value));
  /** Rows within the budget, and those outside, which follow them where they are shown at all. */
  const parts = computed(() => {
    const { presentation, models, target, judgements, filter } = view;
    if (!presentation) return { kept: [], folded: [] };
    const { sort, arrangement } = view.settings;
    const known = sort && models.includes(sort.model) ? sort : null;
    const rows = shownRows(presentation, { filter, models, sort: known, ...arrangement }, target);
    return judgements ? foldRows(rows, judgements, models) : { kept: rows, folded: [] };
  });
  const folded = computed(() => parts.value.folded.length);
  const onlyBaseline = computed(() => folded.value === 0 && parts.value.kept.every(({ isBaseline }) => isBaseline));
  const grid = computed(() => {
    // Of the metrics that were chosen, those that the run has.
    const { presentation, models, metrics, target, judgements, foldOpen } = view;
    if (!presentation) return emptyGrid;
    const { arrangement } = view.settings;
    const recipes = foldOpen ? [...parts.value.kept, ...parts.value.folded] : parts.value.kept;
    const { across } = arrangement;
    return matrixGrid(recipes, labels.value, presentation, { models, metrics, target, judgements, across });
  });
  return { grid, folded, onlyBaseline };
}
