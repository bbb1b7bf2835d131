import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { OutputOf } from '@shared/endpoints';
import type { ShellContract } from '@shared/shell-contract';
import { toAppError } from '@shared/errors';
import { judgePairs } from '@shared/presenter/judge-pairs';
import type { RunComparison } from '@shared/run-comparison';
import { call } from '../bridge/client';
import { comparedRecipes, everyRecipe } from '../compare/compared-recipes';
import { openingRuns, ranOf } from '../compare/opening-runs';
import { useRunsStore } from './runs';

type ComparedFolder = NonNullable<OutputOf<ShellContract['shell.chooseComparedResults']>>;

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
  /** Another folder of results or a JSON report, whose runs stand on the side of A. */
  const folder = shallowRef<ComparedFolder>();
  const referenceRuns = computed(() => folder.value?.runs ?? runs.list);
  const problem = ref('');
  const isLoading = ref(false);

  const judged = computed(() => (comparison.value ? judgePairs(comparison.value) : []));

  /** One run on both sides: nothing of it differs, until a recipe of each is chosen. */
  const isItself = computed(() => !folder.value && reference.value === candidate.value && recipe.value === everyRecipe);

  watch(
    [() => runs.list, folder],
    ([list, other], [listBefore]) => {
      // What stood beside itself for want of another gives way to two that differ.
      const wasAlone = isItself.value && ranOf(listBefore ?? []).length < 2;
      const chosen = wasAlone
        ? { reference: '', candidate: '' }
        : { reference: reference.value, candidate: candidate.value };
      const opening = openingRuns(chosen, list, other?.runs);
      reference.value = opening.reference;
      candidate.value = opening.candidate;
    },
    { immediate: true },
  );

  async function chooseFolder(from: 'folder' | 'file'): Promise<void> {
    try {
      folder.value = (await call('shell.chooseComparedResults', { from })) ?? folder.value;
      problem.value = '';
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }
  function leaveFolder(): void {
    folder.value = undefined;
  }

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
      const runsOf = { reference: reference.value, candidate: candidate.value };
      const input = isWhole ? runsOf : { ...runsOf, recipes: chosen };
      const found = folder.value
        ? await call('shell.compareResults', { ...input, folder: folder.value.folder })
        : await call('runs.compare', input);
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

  watch([reference, candidate, folder], () => {
    recipe.value = otherRecipe.value = everyRecipe;
    void load();
  });
  watch([recipe, otherRecipe], () => void load());

  /** Two recipes beside each other, on every network that has both. */
  function compareRecipes(theirs: string, own: string): void {
    comparison.value = undefined;
    recipe.value = theirs;
    otherRecipe.value = own;
  }

  function swap(): void {
    [reference.value, candidate.value] = [candidate.value, reference.value];
  }

  return {
    reference,
    candidate,
    recipe,
    otherRecipe,
    recipes,
    folder,
    referenceRuns,
    comparison,
    judged,
    problem,
    isLoading,
    isItself,
    load,
    compareRecipes,
    swap,
    chooseFolder,
    leaveFolder,
  };
});
