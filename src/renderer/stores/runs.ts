import { useDebounceFn, useThrottleFn } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { toAppError } from '@shared/errors';
import type { RunSummary, RunView, TrialView } from '@shared/run';
import { call, onSignal, useSignal } from '../bridge/client';
import { ranOf, readableOf } from '../compare/opening-runs';
import { mergeProgress, mergeTrials } from '../matrix/merge-trial';
import { isUnfinished } from '../matrix/unfinished';

const announceEveryMs = 100;

export type LoadState = 'loading' | 'ready' | 'failed';

/** The runs of the workspace, the one that is open, and the one under way. */
export const useRunsStore = defineStore('runs', () => {
  const list = shallowRef<RunSummary[]>([]);
  const listState = ref<LoadState>('loading');
  const current = shallowRef<RunView | null>(null);
  const currentState = ref<LoadState>('loading');
  /** Sentences: why the runs cannot be read, and why the last pause, continue, cancel or resume did not work. */
  const readProblem = ref('');
  const actionProblem = ref('');
  /** A person wants to cancel the run under way and is asked whether they do. */
  const asksCancel = ref(false);
  /** The ended run whose offer to continue was put away. */
  const dismissed = ref('');
  const progress = useSignal('run.progress');
  const engine = useSignal('shell.engine');

  /** The recipe that trials are compared with; absent: the models as they came. */
  const against = ref<string>();
  let wanted = '';
  /** Trials announced and not yet merged: some at once, and those that may be newer than a run being fetched. */
  let announced: TrialView[] = [];
  let isFetching = false;

  async function attempt<T>(problem: Ref<string>, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const value = await work();
      problem.value = '';
      return value;
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
      return undefined;
    }
  }

  async function loadList(): Promise<void> {
    const runs = await attempt(readProblem, () => call('runs.list'));
    if (runs) list.value = runs.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
    listState.value = runs ? 'ready' : 'failed';
  }

  async function open(id: string): Promise<void> {
    if (wanted !== id) against.value = undefined;
    wanted = id;
    if (current.value?.id !== id) currentState.value = 'loading';
    announced = [];
    isFetching = true;
    const reference = against.value;
    const run = await attempt(readProblem, () => call('runs.get', { run: id, against: reference }));
    if (wanted !== id || against.value !== reference) return;
    isFetching = false;
    currentState.value = run ? 'ready' : 'failed';
    if (run) current.value = run.against === undefined ? mergeTrials(run, announced) : run;
    announced = [];
  }

  /** Nothing is known any more: the engine shows another folder. */
  function forget(): void {
    wanted = '';
    against.value = undefined;
    list.value = [];
    current.value = null;
    announced = [];
    listState.value = currentState.value = 'loading';
  }

  async function compareWith(recipe: string | undefined): Promise<void> {
    against.value = recipe;
    if (wanted) await open(wanted);
  }
  /** Announced trials are compared with the baseline, so another comparison is asked for anew. */
  const openAgain = useDebounceFn(() => open(wanted), 1000);

  /** List and open run as the engine has them now, one after the other so that a problem of either stays visible. */
  async function refresh(): Promise<void> {
    await loadList();
    if (listState.value === 'ready' && wanted) await open(wanted);
  }

  /** A run that is resumed announces hundreds of trials in a second; each costs the verdicts of all. */
  const showAnnounced = useThrottleFn(
    () => {
      if (isFetching || against.value !== undefined || current.value?.id !== wanted) return;
      current.value = mergeTrials(current.value, announced);
      announced = [];
    },
    announceEveryMs,
    true,
  );

  onScopeDispose(
    onSignal('run.trial', (state) => {
      if (!state || state.run !== wanted) return;
      announced.push(state.trial);
      if (against.value !== undefined) void openAgain();
      else void showAnnounced();
    }),
  );

  watch(progress, (now, before) => {
    if (now) {
      list.value = mergeProgress(list.value, now);
      if (current.value) current.value = mergeProgress([current.value], now)[0]!;
    }
    if (now?.run !== before?.run || now?.status !== before?.status) void refresh();
  });
  watch(engine, (now, before) => {
    const isBack = before !== undefined && before.state !== 'ready';
    if (now?.state === 'ready' && (isBack || listState.value === 'failed')) void refresh();
  });

  const isActive = computed(() => progress.value?.status === 'running' || progress.value?.status === 'paused');
  /** The run to show when none was chosen: the one under way, else the latest that can be read. */
  const latest = computed(() => (isActive.value && progress.value?.run) || readableOf(list.value)[0]?.id);
  /** The latest run, when it ended with trials left that nobody decided to leave. */
  const unfinished = computed(() => {
    const last = ranOf(list.value)[0];
    if (!last || isActive.value || last.status === 'cancelled' || last.id === dismissed.value) return undefined;
    return isUnfinished(last) ? last : undefined;
  });

  /** A run as the engine has it now, also one that is new to the list. */
  function replace(summary: RunSummary): void {
    const others = list.value.filter(({ id }) => id !== summary.id);
    list.value = [summary, ...others].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    if (current.value?.id === summary.id) current.value = { ...current.value, ...summary };
  }

  /** The run was deleted. */
  function drop(id: string): void {
    list.value = list.value.filter((run) => run.id !== id);
    if (current.value?.id !== id) return;
    wanted = '';
    current.value = null;
  }

  /** A trial of the open run with what a person says of it. */
  function mark(run: string, trial: string, marks: Pick<TrialView, 'starred' | 'note'>): void {
    const now = current.value?.id === run && current.value.trials.find(({ id }) => id === trial);
    if (now) current.value = mergeTrials(current.value!, [{ ...now, ...marks }]);
  }

  /** A star stands at once; where it cannot be kept it goes again. */
  async function star(trial: TrialView, starred: boolean): Promise<void> {
    const run = current.value?.id;
    if (run === undefined) return;
    mark(run, trial.id, { starred });
    await attempt(actionProblem, () => call('trials.star', { run, trial: trial.id, starred }));
    if (actionProblem.value) mark(run, trial.id, { starred: !starred });
  }

  /** Where a note cannot be kept, it stays in its field, and the sentence says why. */
  /** Whether it was kept. */
  async function annotate(run: string, trial: TrialView, note: string): Promise<boolean> {
    await attempt(actionProblem, () => call('trials.annotate', { run, trial: trial.id, note }));
    if (actionProblem.value) return false;
    mark(run, trial.id, { note: note || undefined });
    return true;
  }

  const remake = (run: string, trial: string): Promise<unknown> =>
    attempt(actionProblem, () => call('trials.remake', { run, trial }));
  const stopTraining = (run: string, trial: string): Promise<unknown> =>
    attempt(actionProblem, () => call('trials.stopTraining', { run, trial }));
  const trainOn = (run: string, trial: string): Promise<unknown> =>
    attempt(actionProblem, () => call('trials.trainOn', { run, trial }));
  const pause = (run: string): Promise<unknown> => attempt(actionProblem, () => call('runs.pause', { run }));
  const proceed = (run: string): Promise<unknown> => attempt(actionProblem, () => call('runs.continue', { run }));
  const cancel = (run: string): Promise<unknown> => attempt(actionProblem, () => call('runs.cancel', { run }));
  const resume = (run: string): Promise<unknown> => attempt(actionProblem, () => call('runs.resume', { run }));

  const remeasure = (run: string): Promise<unknown> => attempt(actionProblem, () => call('runs.remeasure', { run }));

  return {
    list,
    listState,
    current,
    against,
    compareWith,
    currentState,
    readProblem,
    actionProblem,
    asksCancel,
    dismissed,
    progress,
    isActive,
    latest,
    unfinished,
    loadList,
    open,
    forget,
    refresh,
    pause,
    proceed,
    cancel,
    resume,
    remeasure,
    replace,
    drop,
    star,
    annotate,
    remake,
    stopTraining,
    trainOn,
  };
});
