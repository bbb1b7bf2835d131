import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { Agent } from '@shared/agents';
import { useAttempts } from '../bridge/attempt';
import { call, useSignal } from '../bridge/client';
import { byName } from '../machines/agent-texts';

/** Other machines that take steps: what is seen of them, and what can be asked of them. */
export const useMachinesStore = defineStore('machines', () => {
  const status = useSignal('machines.status');
  const { problem, isBusy, attempt } = useAttempts();
  const chosenId = ref<string>();
  /** As it was typed last; it is still there after working alone for a while. */
  const address = ref('');
  /** A join code that was made, for as long as the window shows. */
  const code = ref('');

  const agents = computed(() => byName(status.value?.agents ?? []));
  const chosen = computed(() => agents.value.find(({ id }) => id === chosenId.value));
  /** What shows is not what is, but what was seen last. */
  const isStale = computed(() => status.value?.link !== 'connected');

  /** @param server null: alone */
  function connect(server: string | null): Promise<boolean> {
    code.value = '';
    return attempt(() => call('machines.connect', { server }));
  }
  const invite = (): Promise<boolean> =>
    attempt(async () => {
      code.value = (await call('machines.invite')).code;
    });
  const drain = ({ id, state }: Pick<Agent, 'id' | 'state'>): Promise<boolean> =>
    attempt(() => call('machines.drain', { agent: id, isDraining: state !== 'draining' }));
  const remove = (id: string): Promise<boolean> => attempt(() => call('machines.remove', { agent: id }));

  return { status, problem, isBusy, chosenId, address, code, agents, chosen, isStale, connect, invite, drain, remove };
});
