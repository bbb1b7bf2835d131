import { watchDebounced } from '@vueuse/core';
import { computed, onScopeDispose, shallowRef } from 'vue';
import type { DatasetSpec, DatasetSummary } from '@shared/dataset';
import { toAppError } from '@shared/errors';
import type { Progress } from '@shared/run';
import { runJob } from '../bridge/client';

/** What a dataset holds, read anew a moment after its folder or counts changed; an older reading is cancelled. */
export function useDatasetSummary(spec: () => DatasetSpec) {
  const summary = shallowRef<DatasetSummary>();
  const problem = shallowRef<string>();
  const progress = shallowRef<Progress>();
  const busy = shallowRef(false);
  const text = computed(() => JSON.stringify(spec()));
  let running: AbortController | undefined;
  let readPath = '';

  async function refresh(): Promise<void> {
    running?.abort();
    const turn = (running = new AbortController());
    const wanted = JSON.parse(text.value) as DatasetSpec;
    progress.value = problem.value = undefined;
    // New counts of the same folder: the old figures stay until the new ones are there.
    if (wanted.path !== readPath) summary.value = undefined;
    readPath = wanted.path;
    busy.value = Boolean(wanted.path);
    if (!wanted.path) return;
    try {
      const onProgress = (now: Progress): void => {
        if (turn === running) progress.value = now;
      };
      const answer = await runJob('datasets.inspect', wanted, { signal: turn.signal, onProgress });
      if (turn !== running) return;
      summary.value = answer;
    } catch (thrown) {
      if (turn !== running) return;
      summary.value = undefined;
      const error = toAppError(thrown);
      problem.value = error.code === 'cancelled' ? undefined : error.message;
    }
    busy.value = false;
  }

  function cancel(): void {
    running?.abort();
  }

  watchDebounced(text, refresh, { debounce: 400, immediate: true });
  onScopeDispose(cancel);
  return { summary, problem, progress, busy, refresh, cancel };
}
