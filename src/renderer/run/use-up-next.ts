import { computed, ref, watch, type ComputedRef, type Ref } from 'vue';
import { toAppError } from '@shared/errors';
import type { RunProgress, RunSummary } from '@shared/run';
import { call } from '../bridge/client';
import { useRunsStore } from '../stores/runs';

export interface UpNext {
  /** Trials of the run under way with something left to do, the next first; the one under way is not among them. */
  trials: Ref<string[]>;
  /** Runs that wait for their turn, the next first. */
  queue: ComputedRef<RunSummary[]>;
  problem: Ref<string>;
  skip(trials: string[]): Promise<void>;
  /** All trials of a network. */
  skipModel(model: string): Promise<void>;
  prefer(trial: string): Promise<void>;
  unqueue(run: string): Promise<void>;
}

/** What comes after the step under way, as the engine has it, while somebody looks. */
export function useUpNext(progress: () => RunProgress, isShown: () => boolean): UpNext {
  const runs = useRunsStore();
  const trials = ref<string[]>([]);
  const problem = ref('');

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      problem.value = '';
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }
  async function look(): Promise<void> {
    const { run, trial } = progress();
    const upcoming = await call('runs.upcoming', { run });
    trials.value = upcoming.filter((id) => id !== trial);
  }
  const act = (change: () => Promise<unknown>): Promise<void> =>
    attempt(async () => {
      await change();
      await Promise.all([look(), runs.loadList()]);
    });

  watch([isShown, () => progress().done, () => progress().trial], ([shown]) => {
    if (shown) void attempt(look);
  });
  watch(isShown, (shown) => {
    if (shown) void runs.loadList();
  });

  const skip = (ids: string[]): Promise<void> => act(() => call('runs.skip', { run: progress().run, trials: ids }));
  return {
    trials,
    queue: computed(() => runs.list.filter(({ status }) => status === 'queued').toReversed()),
    problem,
    skip,
    skipModel: (model) => {
      const { trial } = progress();
      const under = trial?.startsWith(`${model}/`) ? [trial] : [];
      return skip([...under, ...trials.value.filter((id) => id.startsWith(`${model}/`))]);
    },
    prefer: (trial) => act(() => call('runs.prefer', { run: progress().run, trials: [trial] })),
    unqueue: (run) => act(() => call('runs.unqueue', { run })),
  };
}

/** The network of a trial's id, "network/recipe". */
export function modelOf(trial: string): string {
  return trial.slice(0, trial.indexOf('/'));
}
