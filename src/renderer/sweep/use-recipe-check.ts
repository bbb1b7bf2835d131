import { computed } from 'vue';
import type { Recipe } from '@shared/recipe';
import { call } from '../bridge/client';
import { useAnswer } from './use-answer';

interface Checked {
  problem?: string;
  variants?: readonly string[];
}

/** What is wrong with a recipe, in a sentence, or what its ranges make of it: what tells its variants apart. Both are undefined until known. */
export function useRecipeCheck(recipe: () => Recipe) {
  const answer = useAnswer<Recipe, Checked>(recipe, (steps) => call('recipes.check', { recipe: steps }));
  const checked = computed((): Checked => answer.value ?? {});
  return { problem: computed(() => checked.value.problem), variants: computed(() => checked.value.variants) };
}
