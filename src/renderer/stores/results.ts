import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { toAppError } from '@shared/errors';
import { call, useSignal } from '../bridge/client';
import { fileNameOf } from '../sweep/listed-model';
import { useRunsStore } from './runs';

/** Whose results the window shows: the person's own, or those of a folder that was opened. */
export const useResultsStore = defineStore('results', () => {
  const signal = useSignal('shell.results');
  const runs = useRunsStore();
  const problem = shallowRef('');
  const folder = computed(() => signal.value?.folder ?? null);
  /** A JSON report, whose run cannot be continued. */
  const isFile = computed(() => /\.json$/i.test(folder.value ?? ''));
  const name = computed(() => folder.value && fileNameOf(folder.value));

  watch(folder, () => {
    runs.forget();
    void runs.loadList();
  });

  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    problem.value = '';
    try {
      return (await work()) !== null;
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
      return false;
    }
  }

  /** Asks for a folder. Answers whether one was opened. */
  const choose = (): Promise<boolean> => attempt(() => call('shell.openResults', {}));
  /** A folder that was opened before. */
  const reopen = (path: string): Promise<boolean> => attempt(() => call('shell.openResults', { path }));
  const recent = (): Promise<string[]> => call('shell.recentResults');
  const close = (): Promise<boolean> => attempt(() => call('shell.closeResults'));

  return { folder, isFile, name, problem, choose, reopen, recent, close };
});
