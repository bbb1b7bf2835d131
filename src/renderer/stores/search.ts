import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { SearchSpec } from '@shared/search';
import type { SearchRequest } from '@shared/search-state';
import { useAttempts } from '../bridge/attempt';
import { call, useSignal } from '../bridge/client';
import { router } from '../router';

/** The search under way: how far it is, and what a person can tell it. */
export const useSearchStore = defineStore('search', () => {
  const state = useSignal('search.state');
  /** The form is open, for one network or for those of the sweep; it begins as usual, or with what a sweep file looks for. */
  const asks = shallowRef<{ model?: string; spec?: SearchSpec }>();
  const { problem, attempt } = useAttempts();
  /** The search whose end was put away, by when it began. */
  const dismissed = ref<number>();
  /** A search was started here, and its run is to be shown as soon as there is one. */
  let follows = false;

  const isOn = computed(() => state.value != null && !['waiting', 'ended'].includes(state.value.stage));
  const waits = computed(() => state.value?.stage === 'waiting');
  const ended = computed(() =>
    state.value?.stage === 'ended' && state.value.beganAt !== dismissed.value ? state.value.ended : [],
  );

  async function start(request: SearchRequest): Promise<boolean> {
    follows = true;
    const isStarted = await attempt(() => call('search.start', request));
    if (!isStarted) follows = false;
    return isStarted;
  }
  const pause = (): Promise<boolean> => attempt(() => call('search.pause'));
  /** Goes on after a pause, or with what waits since Whittle was left. */
  const proceed = (): Promise<boolean> => attempt(() => call('search.continue'));
  const finish = (): Promise<boolean> => attempt(() => call('search.finish'));
  const cancel = (): Promise<boolean> => attempt(() => call('search.cancel'));
  const show = (run: string): unknown => router.push({ name: 'matrix', params: { run } });

  watch(
    () => (isOn.value ? state.value?.run : undefined),
    (run) => {
      if (run === undefined || !follows) return;
      follows = false;
      show(run);
    },
  );

  return { state, asks, problem, dismissed, isOn, waits, ended, start, pause, proceed, finish, cancel, show };
});
