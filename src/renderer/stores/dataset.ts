import { defineStore } from 'pinia';
import { useDatasetSummary } from '../sweep/use-dataset-summary';
import { useSweepDraftStore } from './sweep-draft';

/** What was found in the draft's dataset folder. */
export const useDatasetStore = defineStore('dataset', () => {
  const store = useSweepDraftStore();
  return useDatasetSummary(() => store.draft.dataset);
});
