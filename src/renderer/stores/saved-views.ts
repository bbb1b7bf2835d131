import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import { parseSavedViews, withView, type SavedView } from '../matrix/saved-views';
import { useMatrixViewStore } from './matrix-view';
import { useSettingsStore } from './settings';

const settingsKey = 'matrix-views';

/** Views of the matrix that were given names. */
export const useSavedViewsStore = defineStore('saved-views', () => {
  const remembered = useSettingsStore();
  const matrix = useMatrixViewStore();
  const views = shallowRef<SavedView[]>([]);
  /** Why the views cannot be read or kept. */
  const problem = ref('');

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      problem.value = '';
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }
  const load = (): Promise<void> =>
    attempt(async () => void (views.value = parseSavedViews(await remembered.recall(settingsKey))));

  function keep(changed: SavedView[]): Promise<void> {
    views.value = changed;
    return attempt(() => remembered.remember(settingsKey, changed));
  }
  const save = (name: string): Promise<void> =>
    keep(withView(views.value, { name, filter: matrix.filter, settings: matrix.settings }));
  const remove = (name: string): Promise<void> => keep(views.value.filter((view) => view.name !== name));

  function show(name: string): void {
    const view = views.value.find((each) => each.name === name);
    if (!view) return;
    matrix.filter = view.filter;
    matrix.change(view.settings);
  }
  return { views, problem, load, save, remove, show };
});
