import { createRandom } from '../compression/algebra/random';
import type { CalibrationImages, TrainingImages } from '../compression/calibration/technique-context';
import { elementCount } from '../onnx/graph';
import type { EpochOrder, LearningImages, TrainingBatch } from './learning-images';

/** Images held at once, among which order is left to chance: about 300 MB at 224 x 224. */
const heldImages = 512;

interface Held {
  pixels: Float32Array;
  label: number;
}

type Source = CalibrationImages | TrainingImages;

/** Images as they are, unvaried: in each epoch in another order by chance among as many as are held, one lot after the other. */
export async function plainTrainingImages(images: Source): Promise<LearningImages> {
  return view(images, await hasLabels(images), images.count, () => true);
}

async function hasLabels(images: Source): Promise<boolean> {
  for await (const read of images.batches(64)) if (labelsOf(read).some((label) => label >= 0)) return true;
  return false;
}

/** Calibration images have none. */
const labelsOf = (read: { shape: number[]; labels?: readonly number[] }): readonly number[] =>
  read.labels ?? new Array<number>(read.shape[0]!).fill(-1);

function shuffle<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}

/** The images at some places. */
function view(images: Source, isLabelled: boolean, count: number, isTaken: (place: number) => boolean): LearningImages {
  /** One by one. */
  async function* single(): AsyncGenerator<{ image: Held; shape: number[] }> {
    let place = 0;
    for await (const read of images.batches(16)) {
      const shape = read.shape.slice(1);
      const size = elementCount(shape);
      for (const [at, label] of labelsOf(read).entries())
        if (isTaken(place++)) yield { image: { pixels: read.data.slice(at * size, (at + 1) * size), label }, shape };
    }
  }

  async function* batches(size: number) {
    let held: Held[] = [];
    let shape: number[] = [];
    const taken = () => ({
      data: pixelsOf(held, shape),
      shape: [held.length, ...shape],
      labels: held.map(({ label }) => label),
    });
    for await (const next of single()) {
      shape = next.shape;
      held.push(next.image);
      if (held.length < size) continue;
      yield taken();
      held = [];
    }
    if (held.length > 0) yield taken();
  }

  async function* trainingBatches({ seed, epoch, batch, from = 0 }: EpochOrder): AsyncGenerator<TrainingBatch> {
    const random = createRandom(`${seed}/epoch ${epoch}`);
    let [held, shape, passed]: [Held[], number[], number] = [[], [], 0];
    function* full(): Generator<TrainingBatch> {
      const order = shuffle(held, random);
      let start = 0;
      for (; start + batch <= order.length; start += batch)
        if (passed++ >= from) yield together(order.slice(start, start + batch), shape, isLabelled);
      held = order.slice(start);
    }
    for await (const next of single()) {
      shape = next.shape;
      held.push(next.image);
      if (held.length >= Math.max(heldImages, batch)) yield* full();
    }
    yield* full();
  }

  return {
    count,
    isLabelled,
    batches,
    trainingBatches,
    holdOut(wanted, seed) {
      const places = shuffle(
        Array.from({ length: count }, (_, place) => place),
        createRandom(`${seed}/held out`),
      );
      const judges = new Set(places.slice(0, wanted));
      return {
        heldOut: view(images, isLabelled, judges.size, (place) => judges.has(place)),
        others: view(images, isLabelled, count - judges.size, (place) => !judges.has(place)),
      };
    },
  };
}

function pixelsOf(images: readonly Held[], shape: readonly number[]): Float32Array {
  const size = elementCount(shape);
  const pixels = new Float32Array(images.length * size);
  images.forEach((image, at) => pixels.set(image.pixels, at * size));
  return pixels;
}

function together(images: readonly Held[], shape: number[], isLabelled: boolean): TrainingBatch {
  const labels = isLabelled ? { labels: Int32Array.from(images, ({ label }) => label) } : {};
  return { pixels: pixelsOf(images, shape), shape: [images.length, ...shape], count: images.length, ...labels };
}
