import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { InputOf } from '@shared/endpoints';
import type { WindowContract } from '@shared/shell-contract';
import { toAppError } from '@shared/errors';
import { call } from '../bridge/client';
import { fileNameOf, modelFromInspection, modelFromSummary, type ListedModel } from '../sweep/listed-model';
import { useSettingsStore } from './settings';

/** The models to choose from: those of the model folder, and single files added from elsewhere. */
export const useModelsStore = defineStore('models', () => {
  const settings = useSettingsStore();
  const folder = shallowRef<ListedModel[]>([]);
  const added = ref<ListedModel[]>([]);
  const problems = shallowRef<string[]>([]);
  const loading = shallowRef(false);
  const loaded = shallowRef(false);

  const list = computed(() => [...folder.value, ...added.value]);
  const folderPath = computed(() => settings.settings?.modelFolder);

  async function load(): Promise<void> {
    loading.value = true;
    try {
      await settings.load();
      const answer = await call('models.list', {});
      folder.value = answer.models.map(modelFromSummary);
      problems.value = answer.problems;
      const known = new Set(answer.models.map((model) => model.path));
      added.value = added.value.filter((model) => !known.has(model.path));
    } catch (thrown) {
      problems.value = [toAppError(thrown).message];
    } finally {
      loading.value = false;
      loaded.value = true;
    }
  }

  async function changeFolder(path: string): Promise<void> {
    try {
      await settings.setModelFolder(path);
      await load();
    } catch (thrown) {
      problems.value = [toAppError(thrown).message];
    }
  }

  /** Adds a file from anywhere, after reading it. What is wrong with it stays on its row. Returns how sweeps refer to it. */
  async function addFile(path: string): Promise<{ reference: string; ok: boolean }> {
    const known = list.value.find((model) => model.path === path && !model.problem);
    if (known) return { reference: known.reference, ok: true };
    const row: ListedModel = {
      reference: path,
      title: fileNameOf(path).replace(/\.onnx$/i, ''),
      path,
      described: true,
      checking: true,
    };
    added.value = [...added.value.filter((model) => model.path !== path), row];
    const replace = (model: ListedModel): void => {
      added.value = added.value.map((one) => (one.path === path ? model : one));
    };
    try {
      replace(modelFromInspection(await call('models.inspect', { path })));
      return { reference: path, ok: true };
    } catch (thrown) {
      replace({ ...row, checking: false, problem: toAppError(thrown).message });
      return { reference: path, ok: false };
    }
  }

  function removeFile(path: string): void {
    added.value = added.value.filter((model) => model.path !== path);
  }

  /** Writes the model's card. @throws AppError for the form. */
  async function describe(
    model: ListedModel,
    said: Omit<InputOf<WindowContract['models.describe']>, 'path'>,
  ): Promise<void> {
    const summary = await call('models.describe', { path: model.path, ...said });
    const described = { ...modelFromSummary(summary), reference: model.reference };
    const swap = (one: ListedModel): ListedModel => (one.path === model.path ? described : one);
    folder.value = folder.value.map(swap);
    added.value = added.value.map(swap);
  }

  return {
    folder,
    added,
    list,
    folderPath,
    problems,
    loading,
    loaded,
    load,
    changeFolder,
    addFile,
    removeFile,
    describe,
  };
});
