import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { OutputOf } from '@shared/endpoints';
import type { ShellContract } from '@shared/shell-contract';
import { toAppError } from '@shared/errors';
import { judgePairs } from '@shared/presenter/judge-pairs';
import type { RunSummary } from '@shared/run';
import type { RunComparison } from '@shared/run-comparison';
import { call } from '../bridge/client';
import { comparedRecipes, everyRecipe } from '../compare/compared-recipes';
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

  const among = (list: readonly RunSummary[], id: string): boolean => list.some((run) => run.id === id);
  /** The run before the latest and the latest, where nobody chose others or those are gone; of another folder, its latest. */
  watch(
    [() => runs.list, folder],
    ([list, other]) => {
      // One that still waits has nothing measured.
      const ran = list.filter(({ status }) => status !== 'queued');
      if (!among(list, candidate.value)) candidate.value = ran[0]?.id ?? '';
      if (!among(referenceRuns.value, reference.value))
        reference.value = (other ? other.runs[0] : (ran[1] ?? ran[0]))?.id ?? '';
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
    load,
    swap,
    chooseFolder,
    leaveFolder,
  };
});
