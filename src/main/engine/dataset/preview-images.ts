import type { DatasetPreview } from '@shared/dataset';
import { toAppError } from '@shared/errors';
import { concurrentMap } from './concurrent-map';
import type { Dataset, ImageSet } from './dataset';
import { readImageFile } from './image-file';
import { thumbnail } from './thumbnail';

const sidePixels = 96;
const atOnce = 4;

/** A few images of a split, by their place in it, small and with their labels. What cannot be shown says why. */
export async function previewImages(
  dataset: Pick<Dataset, 'labelNames'>,
  { entries }: ImageSet,
  { from, count }: { from: number; count: number },
): Promise<DatasetPreview> {
  const shown = entries.slice(from, from + count);
  const images = await concurrentMap(shown, atOnce, async ({ path: file, label }) => {
    const named = label < 0 ? {} : { label: dataset.labelNames?.[label] ?? String(label) };
    try {
      const jpeg = Buffer.from(await thumbnail(await readImageFile(file), file, sidePixels));
      return { file, ...named, url: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
    } catch (thrown) {
      return { file, ...named, problem: toAppError(thrown).message };
    }
  });
  return { total: entries.length, images };
}
