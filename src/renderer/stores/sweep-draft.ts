import { useEventListener, watchDebounced } from '@vueuse/core';
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import {
  draftFromSweep,
  draftRecipe,
  draftStep,
  emptyDraft,
  readDraft,
  type DraftRecipe,
  type SweepDraft,
  type UnfinishedSweep,
} from '../sweep/draft';
import { freeName, moved } from '../sweep/recipe-edits';

const storageKey = 'whittle.sweep-draft';

/**
 * The sweep being written. It is kept in the window's local storage rather than the engine's settings: that write is
 * finished before the window closes, and works while the engine restarts.
 */
export const useSweepDraftStore = defineStore('sweep-draft', () => {
  const draft = ref<SweepDraft>(readDraft(localStorage.getItem(storageKey)) ?? emptyDraft());
  /** What a template, a file or a deletion did last, and the way back. */
  const undoable = shallowRef<{ sentence: string; revert: () => void }>();

  const save = (): void => localStorage.setItem(storageKey, JSON.stringify(draft.value));
  watchDebounced(draft, save, { deep: true, debounce: 200, maxWait: 1000 });
  useEventListener(window, 'pagehide', save);

  function undo(): void {
    undoable.value?.revert();
    undoable.value = undefined;
  }
  function dismissUndo(): void {
    undoable.value = undefined;
  }

  /** Replaces the draft by a template or a file. @throws when the sweep is not valid. */
  function replace(sweep: UnfinishedSweep, sentence: string): void {
    const next = draftFromSweep(sweep);
    const before = draft.value;
    draft.value = next;
    undoable.value = { sentence, revert: () => (draft.value = before) };
  }

  function toggleModel(reference: string, chosen: boolean): void {
    const others = draft.value.models.filter((one) => one !== reference);
    draft.value.models = chosen ? [...others, reference] : others;
  }

  const names = (): string[] => ['baseline', ...draft.value.recipes.map((recipe) => recipe.name)];

  function addRecipe(name = 'recipe', steps: DraftRecipe['steps'] = []): DraftRecipe {
    const recipe = draftRecipe(freeName(name, names()), steps);
    draft.value.recipes.push(recipe);
    return recipe;
  }
  function duplicateRecipe(id: string): void {
    const at = draft.value.recipes.findIndex((recipe) => recipe.id === id);
    const source = draft.value.recipes[at];
    if (!source) return;
    const steps = source.steps.map(({ technique, params }) => ({ technique, params: { ...params } }));
    draft.value.recipes.splice(at + 1, 0, draftRecipe(freeName(source.name, names()), steps));
  }
  function removeRecipe(id: string): void {
    const at = draft.value.recipes.findIndex((one) => one.id === id);
    const [recipe] = at < 0 ? [] : draft.value.recipes.splice(at, 1);
    if (!recipe?.steps.length) return;
    undoable.value = {
      sentence: `Deleted the recipe "${recipe.name}".`,
      revert: () => draft.value.recipes.splice(at, 0, recipe),
    };
  }

  function addStep(recipe: DraftRecipe, technique: string): string {
    const step = draftStep(technique);
    recipe.steps.push(step);
    return step.id;
  }
  function moveStep(recipe: DraftRecipe, from: number, to: number): void {
    recipe.steps = moved(recipe.steps, from, to);
  }
  function removeStep(recipe: DraftRecipe, id: string): void {
    recipe.steps = recipe.steps.filter((step) => step.id !== id);
  }

  return {
    draft,
    undoable,
    undo,
    dismissUndo,
    replace,
    toggleModel,
    addRecipe,
    duplicateRecipe,
    removeRecipe,
    addStep,
    moveStep,
    removeStep,
  };
});
