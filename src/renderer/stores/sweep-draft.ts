import { useEventListener, watchDebounced } from '@vueuse/core';
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { targetName } from '@shared/sweep-file';
import {
  copyOf,
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

/** What a draft has of a file that was opened, and no form offers. */
type Omittable = Pick<SweepDraft, 'search' | 'limits' | 'until' | 'coolDownSeconds'>;

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

  /** Replaces the draft by a template or a file, but for what is kept of it. @throws when the sweep is not valid. */
  function replace(sweep: UnfinishedSweep, sentence: string, kept: readonly (keyof SweepDraft)[] = []): void {
    const stays = Object.fromEntries(kept.map((part) => [part, copyOf(draft.value[part])]));
    const next = { ...draftFromSweep(sweep), ...stays };
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
    draft.value.recipes.splice(at + 1, 0, draftRecipe(freeName(source.name, names()), source.steps));
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

  /** Leaves out what only a file can say. */
  function leaveOut(parts: readonly (keyof Omittable)[], sentence: string): void {
    const before = Object.fromEntries(parts.map((part) => [part, draft.value[part]])) as Omittable;
    for (const part of parts) delete draft.value[part];
    undoable.value = { sentence, revert: () => Object.assign(draft.value, before) };
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
    const before = recipe.steps;
    const step = before.find((one) => one.id === id);
    if (!step) return;
    recipe.steps = before.filter((one) => one.id !== id);
    undoable.value = {
      sentence: `Removed ${step.technique} from "${recipe.name}".`,
      revert: () => (recipe.steps = before),
    };
  }

  function removeTarget(position: number): void {
    const [target] = draft.value.targets.splice(position, 1);
    if (!target) return;
    undoable.value = {
      sentence: `Removed the target ${targetName(target)}.`,
      revert: () => draft.value.targets.splice(position, 0, target),
    };
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
    leaveOut,
    addStep,
    moveStep,
    removeStep,
    removeTarget,
  };
});
