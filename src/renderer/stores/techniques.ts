import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { TechniqueInfo } from '@shared/recipe';
import { call } from '../bridge/client';

const families: Record<TechniqueInfo['family'], string> = {
  precision: 'Precision',
  quantization: 'Quantization',
  pruning: 'Pruning',
  clustering: 'Clustering',
  binarization: 'Binarization',
  distillation: 'Distillation',
  dynamic: 'Dynamic inference',
};

/** Every technique the engine knows; the window knows none by name. */
export const useTechniquesStore = defineStore('techniques', () => {
  const list = shallowRef<TechniqueInfo[]>([]);
  const problem = shallowRef<string>();

  const byId = computed(() => new Map(list.value.map((technique) => [technique.id, technique])));

  /** Grouped for menus, families in a fixed order, empty ones left out. */
  const groups = computed(() =>
    Object.entries(families)
      .map(([family, title]) => ({ family, title, techniques: list.value.filter((one) => one.family === family) }))
      .filter((group) => group.techniques.length > 0),
  );

  async function load(): Promise<void> {
    try {
      list.value = await call('techniques.list');
      problem.value = undefined;
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }

  return { list, byId, groups, problem, load };
});
