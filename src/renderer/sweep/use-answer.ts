import { watchDebounced } from '@vueuse/core';
import { computed, shallowRef, type ShallowRef } from 'vue';
import { toAppError, withoutCommands } from '@shared/errors';
import { useEngineStore } from '../stores/engine';

const debounceMs = 250;

/**
 * What the engine says of something, a moment after it changed, and again when the engine or what it finds on the machine is another; undefined
 * until then, and while there is nothing to ask. What goes wrong in asking is the problem; without an engine there is none.
 * @param subject plain data; undefined: nothing to ask
 */
export function useAnswer<S, A extends { problem?: string }>(
  subject: () => S | undefined,
  ask: (subject: S) => Promise<A>,
): Readonly<ShallowRef<Partial<A> | undefined>> {
  const engine = useEngineStore();
  const answer = shallowRef<Partial<A>>();
  const text = computed(() => {
    const now = subject();
    return now === undefined ? undefined : JSON.stringify(now);
  });
  let asked = 0;

  async function refresh(): Promise<void> {
    const turn = ++asked;
    let found: Partial<A> | undefined;
    try {
      if (text.value !== undefined) found = await ask(JSON.parse(text.value) as S);
      if (found?.problem !== undefined) found = { ...found, problem: withoutCommands(found.problem) };
    } catch (thrown) {
      const error = toAppError(thrown);
      found = (error.code === 'engine.gone' ? {} : { problem: error.message }) as Partial<A>;
    }
    if (turn === asked) answer.value = found;
  }

  watchDebounced([text, () => engine.info], refresh, { debounce: debounceMs, immediate: true });
  return answer;
}
