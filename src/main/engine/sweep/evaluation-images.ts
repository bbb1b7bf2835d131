import { splits } from '@shared/dataset';
import type { ImageEntry } from '../dataset/dataset';
import { openDataset } from '../dataset/open-dataset';
import type { FlipSources } from './trial-flips';

export type ImagesByHash = ReadonlyMap<string, ImageEntry>;

/** Those of the run that was asked about last: opening a dataset looks at every file of it. */
let opened: { run: string; workspace: string; images: Promise<ImagesByHash> } | undefined;

/** The evaluation images of a run where its dataset has them now, by the hash of their bytes. Throws `run.not-found` and as `openDataset`. */
export function evaluationImages(run: string, { workspace, runs }: FlipSources): Promise<ImagesByHash> {
  const { sweep } = runs.record(run);
  if (opened?.run === run && opened.workspace === workspace.folder) return opened.images;
  // Whatever it trained on may be gone by now.
  const images = openDataset(
    { ...sweep.dataset, trainPath: undefined },
    { cacheFolder: workspace.cacheFolder, upTo: splits },
  ).then((dataset) => new Map(dataset.eval.entries.map((entry) => [entry.hash, entry])));
  const now = (opened = { run, workspace: workspace.folder, images });
  // A folder that is away now may be back the next time.
  images.catch(() => {
    if (opened === now) opened = undefined;
  });
  return images;
}
