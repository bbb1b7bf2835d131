import { watchDebounced } from '@vueuse/core';
import { computed, shallowRef } from 'vue';
import { toAppError, withoutCommands } from '@shared/errors';
import type { Recipe } from '@shared/recipe';
import { call } from '../bridge/client';

/** The sentence that says what is wrong with a recipe, undefined while nothing is. */
export function useRecipeCheck(recipe: () => Recipe) {
  const problem = shallowRef<string>();
  const text = computed(() => JSON.stringify(recipe()));
  let asked = 0;

  async function check(): Promise<void> {
    const turn = ++asked;
    let found: string | undefined;
    try {
      const answer = await call('recipes.check', { recipe: JSON.parse(text.value) as Recipe });
      found = answer.problem && withoutCommands(answer.problem);
    } catch (thrown) {
      const error = toAppError(thrown);
      found = error.code === 'engine.gone' ? undefined : error.message;
    }
    if (turn === asked) problem.value = found;
  }

  watchDebounced(text, check, { debounce: 250, immediate: true });
  return problem;
}
