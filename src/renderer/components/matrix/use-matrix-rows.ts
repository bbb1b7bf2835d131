import { computed, type ComputedRef } from 'vue';
import { shownRows } from '@shared/presenter/report-view';
import { keepUnchanged } from '../../matrix/keep-unchanged';
import { recipeLabels } from '../../matrix/recipe-label';
import { shownRow, type ShownRow } from '../../matrix/shown-row';
import { useMatrixViewStore } from '../../stores/matrix-view';
import { useRunsStore } from '../../stores/runs';

/** Rows of the matrix as they are shown, on paper as well: baseline first, filtered, sorted. A row that stays the same stays the same object. */
export function useMatrixRows(): ComputedRef<ShownRow[]> {
  const view = useMatrixViewStore();
  const runs = useRunsStore();
  const texts = computed<string[]>((before) =>
    keepUnchanged([...new Set(runs.current?.trials.map(({ recipeText }) => recipeText))], before),
  );
  const labels = computed(() => recipeLabels(texts.value));
  return computed<ShownRow[]>((before = []) => {
    const { presentation, models, target } = view;
    if (!presentation) return [];
    const { sort, metrics, arrangement } = view.settings;
    const known = sort && models.includes(sort.model) ? sort : null;
    const last = new Map(before.map((row) => [row.recipe, row]));
    const rows = shownRows(presentation, { filter: view.filter, models, sort: known, ...arrangement }, target).map(
      (row) =>
        keepUnchanged(shownRow(row, labels.value, presentation, { models, metrics, target }), last.get(row.recipe)),
    );
    return keepUnchanged(rows, before);
  });
}
