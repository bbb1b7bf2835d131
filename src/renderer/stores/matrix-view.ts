import { useDebounceFn } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { judgeRun } from '@shared/presenter/best-in-budget';
import { isLimited } from '@shared/presenter/budget';
import { metricsOf } from '@shared/presenter/energy';
import type { MetricId } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import type { ReportView } from '@shared/presenter/report-view';
import type { Arrangement } from '../matrix/arrangement';
import { keepUnchanged } from '../matrix/keep-unchanged';
import { parseViewSettings, visibleModels, type ViewSettings } from '../matrix/view-settings';
import { useRunsStore } from './runs';
import { useSettingsStore } from './settings';

const settingsKey = 'matrix';
const saveAfterMs = 400;

/** What the matrix and its chart show. Table and chart share one selection and one hover. */
export const useMatrixViewStore = defineStore('matrix-view', () => {
  const runs = useRunsStore();
  const remembered = useSettingsStore();
  const settings = ref<ViewSettings>(parseViewSettings(undefined));
  const filter = ref('');
  const selectedTrial = shallowRef<string | null>(null);
  const hoveredTrial = shallowRef<string | null>(null);
  /** Rows outside the budget are shown all the same. */
  const foldOpen = ref(false);
  /** Trials within the ranges that are marked on axes of parameters; null: none is marked. */
  const brushed = shallowRef<ReadonlySet<string> | null>(null);

  // Each choice replaces the settings: what follows from them stays the same object where it stays the same.
  const models = computed<string[]>((before) =>
    keepUnchanged(visibleModels(runs.current?.models ?? [], settings.value.hiddenModels), before),
  );
  const targets = computed(() => runs.current?.manifest.targets ?? []);
  const target = computed(() => {
    const chosen = settings.value.target;
    return chosen && targets.value.includes(chosen) ? chosen : (targets.value[0] ?? '');
  });
  /** The chosen ones that this run can have. */
  const metrics = computed<MetricId[]>((before) =>
    keepUnchanged(runs.current ? metricsOf(runs.current, settings.value.metrics) : settings.value.metrics, before),
  );
  /** Numbers and verdicts of the whole run: hiding rows or networks changes none of them. */
  const presentation = computed(() => (runs.current ? presentRun(runs.current) : undefined));
  /** Every trial to the budget; undefined where nothing is asked for. */
  const judgements = computed(() => {
    const { budget } = settings.value;
    return runs.current && isLimited(budget) ? judgeRun(runs.current, budget, target.value) : undefined;
  });
  /** The view as exports take it. */
  const reportView = computed((): ReportView => {
    const { metrics, sort, budget } = settings.value;
    const { pinned, onlyClear } = settings.value.arrangement;
    const limits = isLimited(budget) ? { budget } : {};
    const shown = { metrics, models: models.value, filter: filter.value, pinned, onlyClear };
    return { ...shown, sort, target: target.value, ...limits };
  });
  const selected = computed(() => runs.current?.trials.find((trial) => trial.id === selectedTrial.value));

  async function restore(): Promise<void> {
    settings.value = parseViewSettings(await remembered.recall(settingsKey));
  }

  const save = useDebounceFn(() => remembered.remember(settingsKey, settings.value), saveAfterMs);

  function change(changes: Partial<ViewSettings>): void {
    settings.value = { ...settings.value, ...changes };
    // A choice that cannot be remembered still holds for this window.
    save().catch(() => undefined);
  }

  /** First press: best first. Second: the other way. Third: the order of the sweep again. */
  function sortBy(model: string, metric: MetricId, bestIsHigh: boolean): void {
    const { sort } = settings.value;
    const isSame = sort?.model === model && sort.metric === metric;
    if (!isSame) change({ sort: { model, metric, descending: bestIsHigh } });
    else change({ sort: sort.descending === bestIsHigh ? { ...sort, descending: !bestIsHigh } : null });
  }

  function arrange(changes: Partial<Arrangement>): void {
    change({ arrangement: { ...settings.value.arrangement, ...changes } });
  }

  return {
    settings,
    arrange,
    filter,
    selectedTrial,
    hoveredTrial,
    brushed,
    models,
    metrics,
    targets,
    target,
    presentation,
    judgements,
    foldOpen,
    reportView,
    selected,
    restore,
    change,
    sortBy,
  };
});
