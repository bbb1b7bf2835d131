import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { RunEdit, RunSummary } from '@shared/run';
import { useAttempts } from '../bridge/attempt';
import { call } from '../bridge/client';
import { listRuns, usualRunListView, type RunListView, type RunSort } from '../runs/list-runs';
import { useRunsStore } from './runs';
import { useSweepDraftStore } from './sweep-draft';
import { useSweepInputsStore } from './sweep-inputs';

/** The list of all runs: what is shown of it, which one is chosen, and what people do with them. */
export const useRunListStore = defineStore('run-list', () => {
  const runs = useRunsStore();
  const draft = useSweepDraftStore();
  const inputs = useSweepInputsStore();
  const view = ref<RunListView>({ ...usualRunListView });
  const chosenId = ref<string>();
  const { problem, attempt } = useAttempts();
  /** What was done last that can be taken back. */
  const undoable = shallowRef<{ sentence: string; revert: () => Promise<void> }>();

  const shown = computed(() => listRuns(runs.list, view.value));
  const chosen = computed(() => shown.value.find(({ id }) => id === chosenId.value));
  const tags = computed(() => [...new Set(runs.list.flatMap((run) => run.tags))].sort());

  /** First press: this order. Second: the other way. */
  function sortBy(sort: RunSort): void {
    const isSame = view.value.sort === sort;
    const descending = isSame ? !view.value.descending : sort !== 'name' && sort !== 'status';
    view.value = { ...view.value, sort, descending };
  }

  const edit = (run: string, change: RunEdit): Promise<boolean> =>
    attempt(async () => runs.replace(await call('runs.edit', { run, ...change })));

  async function remove(run: RunSummary): Promise<void> {
    const at = shown.value.findIndex(({ id }) => id === run.id);
    const neighbour = shown.value[at + 1] ?? shown.value[at - 1];
    const worked = await attempt(() => call('runs.delete', { run: run.id }));
    if (!worked) return;
    runs.drop(run.id);
    chosenId.value = neighbour?.id;
    undoable.value = {
      sentence: `Deleted the run "${run.name}".`,
      revert: async () => {
        const restored = await attempt(async () => runs.replace(await call('runs.restore', { run: run.id })));
        if (restored) chosenId.value = run.id;
      },
    };
  }

  async function undo(): Promise<void> {
    const { revert } = undoable.value ?? {};
    undoable.value = undefined;
    await revert?.();
  }

  /** Its sweep takes the place of the one being written, which can be brought back. */
  const editAgain = (run: RunSummary): Promise<boolean> =>
    attempt(async () => {
      draft.replace(
        await call('runs.sweep', { run: run.id }),
        `The sweep of the run "${run.name}" replaced your sweep.`,
      );
      await inputs.readPaths();
    });

  /** Starts its sweep once more; finished steps are not computed again. Answers the new run's id. */
  async function runAgain(run: RunSummary): Promise<string | undefined> {
    let id: string | undefined;
    await attempt(async () => {
      id = (await call('sweeps.start', await call('runs.sweep', { run: run.id }))).id;
      await runs.loadList();
    });
    return id;
  }

  return {
    view,
    shown,
    chosen,
    chosenId,
    tags,
    problem,
    undoable,
    sortBy,
    edit,
    remove,
    undo,
    editAgain,
    runAgain,
  };
});
