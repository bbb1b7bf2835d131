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
  const info = shallowRef<EngineInfo>();
  const problem = shallowRef<string>();

  const state = computed(() => signal.value?.state ?? (info.value ? 'ready' : 'starting'));
  const detail = computed(() => signal.value?.detail);
  const ready = computed(() => state.value === 'ready');

  async function load(): Promise<void> {
    try {
      info.value = await call('engine.info');
      problem.value = undefined;
      if (info.value.runtimes.some(({ isPending }) => isPending)) setTimeout(() => void load(), lookAgainMs);
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }

  watch(state, (now, before) => {
    if (now === 'ready' && (before !== 'starting' || problem.value || info.value)) void load();
  });

  return { info, state, detail, ready, problem, load };
});
