import type { ModelCard } from '../../src/shared/model-card';
import { createRandom } from '../../src/main/engine/compression/algebra/random';
import type {
  EpochOrder,
  TrainingBatch,
  TrainingImages,
} from '../../src/main/engine/compression/calibration/technique-context';
import { normalizeFor } from '../../src/main/engine/dataset/normalize';
import { epochOrder } from '../../src/main/engine/dataset/training/epoch-order';
import { labelOf, pictureBytes, type Pool } from './pool';

const channelOrders = [
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/**
 * Pictures to train on, from a pool in memory: each is cut out anywhere, turned by quarter turns, mirrored, and at times has its colours
 * exchanged. The table has no up and the classes no colour.
 * @param held pictures at the end that are not trained on
 */
export function trainingPictures(card: ModelCard, pool: Pool, held = 0): TrainingImages {
  const normalize = normalizeFor(card);
  const trained = pool.count - held;
  const side = card.input.height;
  const cropBytes = pictureBytes(side);
  const shapeOf = (count: number): number[] => [count, 3, side, side];

  async function* walk({ seed, epoch, batch, from = 0 }: EpochOrder): AsyncGenerator<TrainingBatch> {
    const order = epochOrder(trained, { seed, epoch });
    const pixels = new Float32Array(batch * cropBytes);
    for (let start = from * batch; start + batch <= order.length; start += batch) {
      const labels = new Int32Array(batch);
      for (let at = 0; at < batch; at++) {
        const position = order[start + at]!;
        const random = createRandom(`${seed} ${epoch} ${position}`);
        normalize(variedCrop(pool, position, side, random), pixels, at);
        labels[at] = labelOf(position);
      }
      yield { pixels, shape: shapeOf(batch), labels, count: batch };
    }
  }

  async function* plain(size: number, first: number, end: number) {
    const edge = (pool.side - side) / 2;
    for (let start = first; start < end; start += size) {
      const count = Math.min(size, end - start);
      const data = new Float32Array(count * cropBytes);
      const labels = Array.from({ length: count }, (_, at) => labelOf(start + at));
      for (let at = 0; at < count; at++) normalize(cropOf(pool, start + at, side, edge, edge), data, at);
      yield { data, shape: shapeOf(count), labels };
    }
  }

  return {
    count: trained,
    isLabelled: true,
    batches: (size) => plain(size, 0, trained),
    trainingBatches: (order) => ({ waitedMs: 0, [Symbol.asyncIterator]: () => walk(order) }),
    holdOut(count) {
      const others = trainingPictures(card, pool, held + count);
      const heldOut = { ...others, count, batches: (size: number) => plain(size, trained - count, trained) };
      return { heldOut, others };
    },
  };
}

function cropOf(pool: Pool, position: number, side: number, left: number, top: number): Uint8Array {
  const crop = new Uint8Array(pictureBytes(side));
  for (let row = 0; row < side; row++) {
    const start = position * pictureBytes(pool.side) + ((top + row) * pool.side + left) * 3;
    crop.set(pool.pixels.subarray(start, start + side * 3), row * side * 3);
  }
  return crop;
}

function variedCrop(pool: Pool, position: number, side: number, random: () => number): Uint8Array {
  const offset = (): number => Math.floor(random() * (pool.side - side + 1));
  const crop = cropOf(pool, position, side, offset(), offset());
  const [turns, isMirrored] = [Math.floor(random() * 4), random() < 0.5];
  const order = random() < 0.3 ? channelOrders[Math.floor(random() * channelOrders.length)]! : ([0, 1, 2] as const);
  const varied = new Uint8Array(crop.length);
  const last = side - 1;
  for (let y = 0, to = 0; y < side; y++)
    for (let x = 0; x < side; x++, to += 3) {
      const column = isMirrored ? last - x : x;
      const [fromY, fromX] = [
        [y, column],
        [column, last - y],
        [last - y, last - column],
        [last - column, y],
      ][turns] as [number, number];
      const from = (fromY * side + fromX) * 3;
      varied[to] = crop[from + order[0]]!;
      varied[to + 1] = crop[from + order[1]]!;
      varied[to + 2] = crop[from + order[2]]!;
    }
  return varied;
}
