import { shallowRef, watch } from 'vue';
import type { ClassMapping, DatasetSpec } from '@shared/dataset';
import { call } from '../bridge/client';

/** What the dataset's classes are to the chosen models, where that is worth a look. */
export function useClassMapping(dataset: () => DatasetSpec, fingerprint: () => string, models: () => string[]) {
  const mappings = shallowRef<ClassMapping[]>([]);
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    // Models that cannot be read say so in their own rows.
    const answer = await call('datasets.classes', { dataset: dataset(), models: models() }).catch(() => []);
    if (mine === turn) mappings.value = answer;
  }

  watch([fingerprint, () => models().join('\n')], load, { immediate: true });
  return mappings;
}
