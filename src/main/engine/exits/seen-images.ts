import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import { calculator, type Session } from '../compression/calculator';
import type { TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import { removeDead } from '../onnx/remove-dead';
import { encodeModel } from '../onnx/save';
import { decodeCheckpoint, encodeCheckpoint, type Standing } from '../training/checkpoint';
import { writeFeatures, type ExitPlace } from './exit-features';

/** What a network made of images; a row an image in every array. */
export interface SeenImages {
  count: number;
  /** Of each place, `[count, channels]`. */
  features: Float32Array[];
  /** What it answers, before a softmax, `[count, classes]`. */
  scores: Float32Array;
  /** Classes, -1 where an image has none. */
  labels: Float32Array;
}

type SeenContext = Pick<TechniqueContext, 'seed' | 'threads' | 'progress' | 'signal' | 'checkpoint'>;

const usualCheckpointMs = 120_000;

/** Bytes that images seen so often take. */
export function seenBytes(images: number, places: readonly ExitPlace[], classes: number): number {
  return 4 * images * places.reduce((sum, { channels }) => sum + channels, classes + 1);
}

/** Where watching varied images stands: images and whole epochs seen, batches of the present one, and where each part of the images ends. */
type Seen = Pick<Standing, 'done' | 'epoch' | 'batches'> & { ends: number[] };

/** Runs images through a network and keeps what exits learn from. */
export class ImageViewer {
  private constructor(
    private readonly session: Session,
    private readonly input: string,
    private readonly outputs: readonly string[],
    private readonly widths: readonly number[],
    private readonly batch: number,
    private readonly context: SeenContext,
  ) {}

  /**
   * @param scores name of the value before a softmax
   * @param batch images a run
   * Throws `model.runtime-rejected`.
   */
  static async open(
    graph: Graph,
    places: readonly ExitPlace[],
    { name: scores, classes }: { name: string; classes: number },
    batch: number,
    context: SeenContext,
  ): Promise<ImageViewer> {
    const seen = copyGraph(graph);
    const write = new NodeWriter(seen, new FreshNames(seen));
    const outputs = [...places.map((place) => writeFeatures(write, place)), scores];
    write.append();
    seen.outputs = outputs.map((name) => makeValue(name, 'float32', []));
    const bytes = encodeModel(removeDead(seen), { openOutputs: true });
    const session = await calculator.open(bytes, { threads: context.threads });
    const widths = [...places.map(({ channels }) => channels), classes];
    return new ImageViewer(session, seen.inputs[0]!.name, outputs, widths, batch, context);
  }

  /** Each image as evaluation shows it. Throws `cancelled`. */
  async once(images: TrainingImages): Promise<SeenImages> {
    const seen = this.room(images.count);
    for await (const { data, shape, labels } of images.batches(this.batch)) {
      this.context.progress('held-out images', seen.count, images.count);
      await this.add(seen, data, shape, labels);
    }
    return cut(seen, this.widths);
  }

  /**
   * Each image several times, varied, one part of them after another; goes on from a checkpoint where there is one.
   * @param checkpointMs between two checkpoints
   * @returns what was seen of all parts, and of each
   * Throws `cancelled`, `dataset.too-few`.
   */
  async varied(
    parts: readonly TrainingImages[],
    views: number,
    augmentation: Augmentation,
    checkpointMs = usualCheckpointMs,
  ): Promise<{ all: SeenImages; parts: SeenImages[] }> {
    const { checkpoint, progress, seed } = this.context;
    const [batch, total] = [this.batch, views * parts.reduce((sum, { count }) => sum + count, 0)];
    const seen = this.room(total);
    const arrays = [...seen.features, seen.scores, seen.labels];
    const saved = await checkpoint?.latest();
    const standing = (saved && decodeCheckpoint<Seen>(saved, arrays)) ?? { done: 0, epoch: 0, batches: 0, ends: [] };
    seen.count = standing.done;
    let savedAt = performance.now();
    for (; standing.epoch < views * parts.length; standing.epoch++, standing.batches = 0) {
      const [part, epoch] = [Math.floor(standing.epoch / views), standing.epoch % views];
      const order = { seed, epoch, batch, from: standing.batches, augmentation };
      for await (const { pixels, shape, labels } of parts[part]!.trainingBatches(order)) {
        progress('features', seen.count, total);
        await this.add(seen, pixels, shape, labels);
        standing.done = seen.count;
        standing.batches++;
        if (!checkpoint || performance.now() - savedAt < checkpointMs) continue;
        await checkpoint.save(encodeCheckpoint(standing, arrays));
        savedAt = performance.now();
      }
      standing.ends[part] = seen.count;
    }
    const { ends } = standing;
    return {
      all: cut(seen, this.widths),
      parts: ends.map((end, part) => cut(seen, this.widths, part > 0 ? ends[part - 1]! : 0, end)),
    };
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private room(count: number): SeenImages {
    const arrays = this.widths.map((width) => new Float32Array(count * width));
    return { count: 0, features: arrays.slice(0, -1), scores: arrays.at(-1)!, labels: new Float32Array(count) };
  }

  private async add(
    seen: SeenImages,
    data: Float32Array,
    shape: readonly number[],
    labels?: ArrayLike<number>,
  ): Promise<void> {
    if (this.context.signal.aborted) throw new AppError('cancelled');
    // A network of one image at a time is fed batches of one.
    const results = await this.session.run({ [this.input]: { type: 'float32', shape, data } });
    for (const [at, array] of [...seen.features, seen.scores].entries())
      array.set(results[this.outputs[at]!]!.data as Float32Array, seen.count * this.widths[at]!);
    for (let row = 0; row < shape[0]!; row++) seen.labels[seen.count + row] = labels?.[row] ?? -1;
    seen.count += shape[0]!;
  }
}

/** From one row to another; without the room for images that could not be read. */
function cut(
  { count, features, scores, labels }: SeenImages,
  widths: readonly number[],
  from = 0,
  to = count,
): SeenImages {
  const rows = (array: Float32Array, width: number): Float32Array => array.subarray(from * width, to * width);
  return {
    count: to - from,
    features: features.map((array, at) => rows(array, widths[at]!)),
    scores: rows(scores, widths.at(-1)!),
    labels: rows(labels, 1),
  };
}
