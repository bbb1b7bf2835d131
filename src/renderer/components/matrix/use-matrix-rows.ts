import { computed, type ComputedRef } from 'vue';
import { foldRows } from '@shared/presenter/fold-rows';
import { shownRows } from '@shared/presenter/report-view';
import { keepUnchanged } from '../../matrix/keep-unchanged';
import { recipeLabels } from '../../matrix/recipe-label';
import { shownRow, type ShownRow } from '../../matrix/shown-row';
import { useMatrixViewStore } from '../../stores/matrix-view';
import { useRunsStore } from '../../stores/runs';

/** Rows of the matrix as they are shown, on paper as well: baseline first, filtered, sorted, within the budget. A row that stays the same stays the same object. */
export function useMatrixRows(): { rows: ComputedRef<ShownRow[]>; folded: ComputedRef<number> } {
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
    const { sort } = view.settings;
    const known = sort && models.includes(sort.model) ? sort : null;
    const rows = shownRows(presentation, { filter, sort: known }, target);
    return judgements ? foldRows(rows, judgements, models) : { kept: rows, folded: [] };
  });
  const folded = computed(() => parts.value.folded.length);
  const rows = computed<ShownRow[]>((before = []) => {
    const { presentation, models, target, judgements, foldOpen } = view;
    if (!presentation) return [];
    const { metrics } = view.settings;
    const last = new Map(before.map((row) => [row.recipe, row]));
    const shown = [...parts.value.kept, ...(foldOpen ? parts.value.folded : [])].map((row) =>
      keepUnchanged(
        shownRow(row, labels.value, presentation, { models, metrics, target, judgements }),
        last.get(row.recipe),
      ),
    );
    return keepUnchanged(shown, before);
  });
  return { rows, folded };
}
