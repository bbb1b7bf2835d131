import {
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useVueTable,
  type ColumnDef,
  type Row,
  type SortingState,
} from '@tanstack/vue-table';
import { computed, type ComputedRef } from 'vue';
import type { TrialView } from '@shared/run';
import { metricIds, type MetricId } from '../../matrix/metrics';
import { readMetric } from '../../matrix/reading';
import { baselines, matchesFilter, matrixRows, type MatrixRow } from '../../matrix/rows';
import { useMatrixViewStore } from '../../stores/matrix-view';
import { useRunsStore } from '../../stores/runs';

const columnId = (model: string, metric: MetricId): string => `${model}\n${metric}`;

/** Rows of the matrix as they are shown: baseline first, filtered, sorted. Values are those of the column's unit. */
export function useMatrixTable(): {
  rows: ComputedRef<MatrixRow[]>;
  baselineOf: (model: string) => TrialView | undefined;
} {
  const runs = useRunsStore();
  const view = useMatrixViewStore();

  const data = computed(() => (runs.current ? matrixRows(runs.current) : []));
  const baseline = computed(() => (runs.current ? baselines(runs.current) : new Map<string, TrialView>()));

  const columns = computed<ColumnDef<MatrixRow, number | undefined>[]>(() =>
    view.models.flatMap((model) =>
      metricIds.map((metric) => ({
        id: columnId(model, metric),
        accessorFn: (row: MatrixRow) => {
          const trial = row.trials.get(model);
          return trial && readMetric(metric, trial, baseline.value.get(model), view.target)?.value;
        },
        sortingFn: 'basic' as const,
        sortUndefined: 'last' as const,
      })),
    ),
  );
  const sorting = computed<SortingState>(() => {
    const { sort } = view.settings;
    return sort && view.models.includes(sort.model)
      ? [{ id: columnId(sort.model, sort.metric), desc: sort.descending }]
      : [];
  });
  const pinned = computed(() => data.value.filter((row) => row.isBaseline).map((row) => row.recipe));

  const table = useVueTable({
    data,
    get columns() {
      return columns.value;
    },
    state: {
      get sorting() {
        return sorting.value;
      },
      get globalFilter() {
        return view.filter;
      },
      get rowPinning() {
        return { top: pinned.value };
      },
    },
    getRowId: (row) => row.recipe,
    globalFilterFn: (row: Row<MatrixRow>, _column: string, filter: string) => matchesFilter(row.original, filter),
    getColumnCanGlobalFilter: () => true,
    getCoreRowModel: getCoreRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });

  const rows = computed(() => [...table.getTopRows(), ...table.getCenterRows()].map((row) => row.original));
  return { rows, baselineOf: (model) => baseline.value.get(model) };
}
