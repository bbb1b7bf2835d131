import { computed, type ComputedRef } from 'vue';
import type { MatrixRow } from '@shared/presenter/rows';
import { shownRows } from '@shared/presenter/report-view';
import { useMatrixViewStore } from '../../stores/matrix-view';

/** Rows of the matrix as they are shown, on paper as well: baseline first, filtered, sorted. */
export function useMatrixRows(): ComputedRef<MatrixRow[]> {
  const view = useMatrixViewStore();
  return computed(() => {
    if (!view.presentation) return [];
    const { sort } = view.settings;
    const known = sort && view.models.includes(sort.model) ? sort : null;
    return shownRows(view.presentation, { filter: view.filter, sort: known }, view.target);
  });
}
