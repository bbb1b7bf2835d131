import type { DatasetSpec } from '@shared/dataset';
import type { useLiveStore } from '../stores/live';
import type { ChosenSource } from './source';

type Chosen = Pick<ReturnType<typeof useLiveStore>, 'kind' | 'camera' | 'photo' | 'video' | 'folder' | 'changed'>;

/** What the choices mean; undefined while something is missing. */
export function chosenSource(
  { kind, camera, photo, video, folder, changed }: Chosen,
  dataset: DatasetSpec,
): ChosenSource | undefined {
  switch (kind) {
    case 'camera':
      return { kind, ...(camera !== '' && { device: camera }) };
    case 'photo':
      return photo && { kind, file: photo };
    case 'video':
      return video && { kind, file: video };
    case 'folder':
      return folder === '' ? undefined : { kind: 'images', source: { dataset: wholeFolder(folder) } };
    case 'images':
      return dataset.path === '' ? undefined : { kind, source: { dataset: { ...dataset } } };
    case 'changed':
      return changed && { kind: 'images', source: { run: changed.run, hashes: changed.hashes } };
  }
}

/** All its evaluation images, as an evaluation of the folder takes them. */
const wholeFolder = (path: string): DatasetSpec => ({ path, eval: 0, calibration: 0, train: 0, seed: 1 });
