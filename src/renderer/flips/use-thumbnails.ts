import { shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { Thumbnail } from '@shared/flips';
import { call } from '../bridge/client';

/** Pictures of a few pages: each is some ten kilobytes. */
const keptPictures = 400;

/** Pictures of the images wanted now, by hash; they come page by page and are kept for a while. */
export function useThumbnails(
  of: () => { run: string; trial: string },
  wanted: Ref<readonly string[]>,
): ShallowRef<ReadonlyMap<string, Thumbnail>> {
  const pictures = shallowRef<ReadonlyMap<string, Thumbnail>>(new Map());

  watch(
    wanted,
    async (hashes) => {
      const hashesLeft = hashes.filter((hash) => !pictures.value.has(hash));
      if (hashesLeft.length === 0) return;
      const found = await call('trials.thumbnails', { ...of(), hashes: hashesLeft }).catch((thrown: unknown) =>
        hashesLeft.map((hash): Thumbnail => ({ hash, problem: toAppError(thrown).message })),
      );
      const before = pictures.value.size > keptPictures ? [] : [...pictures.value];
      pictures.value = new Map([...before, ...found.map((picture) => [picture.hash, picture] as const)]);
    },
    { immediate: true },
  );
  return pictures;
}
