import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import type { EngineInfo } from '@shared/contract';
import { toAppError } from '@shared/errors';
import { call, useSignal } from '../bridge/client';

/** Drivers take about as long to start. */
const lookAgainMs = 3000;

/** Whether the engine answers, and what it says of itself and the machine. */
export const useEngineStore = defineStore('engine', () => {
  const signal = useSignal('shell.engine');
  const coral = useSignal('coral.status');
  const info = shallowRef<EngineInfo>();
  const problem = shallowRef<string>();

  const state = computed(() => signal.value?.state ?? (info.value ? 'ready' : 'starting'));
  const detail = computed(() => signal.value?.detail);
  const ready = computed(() => state.value === 'ready');

  /** @param question `engine.lookAgain`: what could not be used may be here since */
  async function load(question: 'engine.info' | 'engine.lookAgain' = 'engine.info'): Promise<void> {
    try {
      info.value = await call(question);
      problem.value = undefined;
      if (info.value.runtimes.some(({ isPending }) => isPending)) setTimeout(() => void load(), lookAgainMs);
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }

  watch(state, (now, before) => {
    if (now === 'ready' && (before !== 'starting' || problem.value || info.value)) void load();
  });

  // Runtimes name their devices: one that was plugged in or pulled out changes them.
  watch(coral, (_now, before) => {
    if (before && info.value) void load();
  });

  return { info, state, detail, ready, problem, load };
});
