import { watchDebounced } from '@vueuse/core';
import { computed, shallowRef } from 'vue';
import { toAppError, withoutCommands } from '@shared/errors';
import type { Recipe } from '@shared/recipe';
import { call } from '../bridge/client';

/** What is wrong with a recipe, in a sentence, or what its ranges make of it: what tells its variants apart. Both are undefined until known. */
export function useRecipeCheck(recipe: () => Recipe) {
  const problem = shallowRef<string>();
  const variants = shallowRef<readonly string[]>();
  const text = computed(() => JSON.stringify(recipe()));
  let asked = 0;

  async function check(): Promise<void> {
    const turn = ++asked;
    let found: { problem?: string; variants?: readonly string[] };
    try {
      const answer = await call('recipes.check', { recipe: JSON.parse(text.value) as Recipe });
      found = { ...answer, problem: answer.problem && withoutCommands(answer.problem) };
    } catch (thrown) {
      const error = toAppError(thrown);
      found = { problem: error.code === 'engine.gone' ? undefined : error.message };
    }
    if (turn !== asked) return;
    problem.value = found.problem;
    variants.value = found.variants;
  }

  watchDebounced(text, check, { debounce: 250, immediate: true });
  return { problem, variants };
}
