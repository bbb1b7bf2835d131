import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { toAppError } from '@shared/errors';
import { judgePairs } from '@shared/presenter/judge-pairs';
import type { RunComparison } from '@shared/run-comparison';
import { call } from '../bridge/client';
import { comparedRecipes, everyRecipe } from '../compare/compared-recipes';
import { useRunsStore } from './runs';

/** Two runs beside each other: which, and what the engine says of them. */
export const useComparisonStore = defineStore('comparison', () => {
  const runs = useRunsStore();
  const reference = ref('');
  const candidate = ref('');
  /** One recipe of each, or every one. */
  const recipe = ref(everyRecipe);
  const otherRecipe = ref(everyRecipe);
  const comparison = shallowRef<RunComparison>();
  /** Recipes of the two runs, from when all were compared. */
  const recipes = shallowRef<{ reference: string[]; candidate: string[] }>({ reference: [], candidate: [] });
  const problem = ref('');
  const isLoading = ref(false);

  const judged = computed(() => (comparison.value ? judgePairs(comparison.value) : []));

  /** The run before the latest and the latest, where nobody chose others or those are gone. */
  watch(
    () => runs.list,
    (list) => {
      const isThere = (id: string): boolean => list.some((run) => run.id === id);
      if (!isThere(candidate.value)) candidate.value = list[0]?.id ?? '';
      if (!isThere(reference.value)) reference.value = list[1]?.id ?? list[0]?.id ?? '';
    },
    { immediate: true },
  );

  let asked = 0;
  async function load(): Promise<void> {
    const turn = ++asked;
    if (!reference.value || !candidate.value) return;
    isLoading.value = true;
    const isWhole = recipe.value === everyRecipe;
    const chosen = {
      reference: recipe.value,
      candidate: otherRecipe.value === everyRecipe ? recipe.value : otherRecipe.value,
    };
    try {
      const input = { reference: reference.value, candidate: candidate.value };
      const found = await call('runs.compare', isWhole ? input : { ...input, recipes: chosen });
      if (turn !== asked) return;
      comparison.value = found;
      if (isWhole) recipes.value = comparedRecipes(found);
      problem.value = '';
    } catch (thrown) {
      if (turn !== asked) return;
      comparison.value = undefined;
      problem.value = toAppError(thrown).message;
    } finally {
      if (turn === asked) isLoading.value = false;
    }
  }

  watch([reference, candidate], () => {
    recipe.value = otherRecipe.value = everyRecipe;
    void load();
  });
  watch([recipe, otherRecipe], () => void load());

  function swap(): void {
    [reference.value, candidate.value] = [candidate.value, reference.value];
  }

  return { reference, candidate, recipe, otherRecipe, recipes, comparison, judged, problem, isLoading, load, swap };
});
