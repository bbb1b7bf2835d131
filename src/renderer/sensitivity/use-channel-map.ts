import { shallowRef, watch } from 'vue';
import type { ChannelMap } from '@shared/channel-groups';
import { toAppError } from '@shared/errors';
import { call } from '../bridge/client';

/** The channel groups of the network at `path`, asked anew when it changes; nothing is asked while it is undefined. */
export function useChannelMap(path: () => string | undefined) {
  const map = shallowRef<ChannelMap>();
  const problem = shallowRef<string>();
  let asked = 0;

  watch(
    path,
    async (model) => {
      const turn = ++asked;
      map.value = problem.value = undefined;
      if (model === undefined) return;
      try {
        const answer = await call('models.channels', { path: model });
        if (turn === asked) map.value = answer;
      } catch (thrown) {
        if (turn === asked) problem.value = toAppError(thrown).message;
      }
    },
    { immediate: true },
  );
  return { map, problem };
}
