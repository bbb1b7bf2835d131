import { onScopeDispose, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { ZooListing } from '@shared/zoo';
import { call, runJob } from '../bridge/client';
import { useModelsStore } from '../stores/models';
import { useSettingsStore } from '../stores/settings';

/** What can be fetched, and the one fetch under way. */
export function useZoo() {
  const models = useModelsStore();
  const settings = useSettingsStore();
  const listing = shallowRef<ZooListing[]>([]);
  const isAllowed = shallowRef(true);
  const fetching = shallowRef<{ name: string; share: number }>();
  const problem = shallowRef<string>();
  let abort: AbortController | undefined;

  async function load(): Promise<void> {
    try {
      isAllowed.value = (await settings.load()).downloads;
      listing.value = await call('zoo.list');
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }

  async function fetchModel(name: string): Promise<void> {
    abort = new AbortController();
    problem.value = undefined;
    fetching.value = { name, share: 0 };
    try {
      const onProgress = ({ done, total }: { done: number; total: number }): void =>
        void (fetching.value = { name, share: done / total });
      await runJob('zoo.get', { name }, { onProgress, signal: abort.signal });
      await Promise.all([models.load(), load()]);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled') problem.value = error.message;
    }
    fetching.value = undefined;
  }

  const cancel = (): void => abort?.abort();
  onScopeDispose(cancel);
  return { listing, isAllowed, fetching, problem, load, fetchModel, cancel };
}
