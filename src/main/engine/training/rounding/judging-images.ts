import type { CalibrationImages } from '../../compression/calibration/technique-context';

/** One batch of so many judges: of the first four already one, for networks whose memory allows no more. */
const [oneOf, first] = [8, 3];

/** Whether the images of a batch judge what is learned of the others. */
export const isJudging = (batch: number): boolean => batch % oneOf === first;

/** The images that judge. @param size images a batch, as whoever calls `isJudging` has them */
export function judgingImages(images: CalibrationImages, size: number): CalibrationImages {
  const isTaken = (image: number): boolean => isJudging(Math.floor(image / size));
  const count = Array.from({ length: images.count }, (_, image) => image).filter(isTaken).length;
  return { count, batches: (batchSize) => walk(images, size, batchSize) };
}

async function* walk(
  images: CalibrationImages,
  size: number,
  batchSize: number,
): AsyncGenerator<{ data: Float32Array; shape: number[] }> {
  let number = 0;
  for await (const { data, shape } of images.batches(size)) {
    if (!isJudging(number++)) continue;
    const [count = 0, ...rest] = shape;
    const length = data.length / count;
    for (let from = 0; from < count; from += batchSize) {
      const end = Math.min(count, from + batchSize);
      yield { data: data.subarray(from * length, end * length), shape: [end - from, ...rest] };
    }
  }
}
