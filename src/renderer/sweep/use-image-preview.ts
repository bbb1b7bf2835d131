import { shallowRef, watch } from 'vue';
import type { DatasetPreview, DatasetSpec, Split } from '@shared/dataset';
import { toAppError } from '@shared/errors';
import { call } from '../bridge/client';

/** Thumbnails a page; what fits into three rows. */
export const pageSize = 15;

/** A page of small images of one split; asked for when it is looked at, and anew where it is about other images. */
export function useImagePreview(dataset: () => DatasetSpec, fingerprint: () => string, split: () => Split) {
  const from = shallowRef(0);
  const preview = shallowRef<DatasetPreview>();
  const problem = shallowRef<string>();
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    try {
      const request = { dataset: dataset(), split: split(), from: from.value, count: pageSize };
      const answer = await call('datasets.preview', request);
      if (mine !== turn) return;
      preview.value = answer;
      problem.value = undefined;
    } catch (thrown) {
      if (mine === turn) problem.value = toAppError(thrown).message;
    }
  }

  watch([fingerprint, split], () => (from.value = 0));
  watch([fingerprint, split, from], load, { immediate: true });
  return { from, preview, problem };
}
