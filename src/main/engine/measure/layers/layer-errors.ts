import type { Images } from '../../dataset/image-batches';
import {
  alignChannels,
  relativeSquaredError,
  type ChannelSamples,
} from '../../compression/calibration/channel-alignment';
import { createRandom } from '../../compression/algebra/random';
import type { Graph, Node } from '../../onnx/graph';
import { throwIfCancelled } from '../cancellation';
import { LayerOutputs } from './layer-outputs';

/** Positions looked at per image and layer: all channels at each. */
const positions = 8;

export interface LayerPair {
  reference: Node;
  candidate: Node;
}

interface Options {
  images: Images<'calibration'>;
  /** Images used at most. */
  limit: number;
  threads: number;
  progress(stage: string, done: number, total: number): void;
  signal: AbortSignal;
}

/** Values of one layer in both networks, image after image: `[positions, channels]` each time. */
interface Collected {
  pair: LayerPair;
  reference: Float32Array[];
  candidate: Float32Array[];
}

/**
 * How far the output of each layer (with its activation) is from that of the float network on calibration images: squared difference over
 * square, from the files' own activations at a few random positions of each image. Channels that are gone are left out; which those
 * are is found from the activations. Layers whose maps have other sizes are absent.
 * Throws `cancelled`, `model.runtime-rejected`, `model.runtime-failed`, `dataset.unreadable`.
 */
export async function layerErrors(
  reference: Graph,
  candidate: Graph,
  pairs: readonly LayerPair[],
  { images, limit, threads, progress, signal }: Options,
): Promise<{ errors: Map<Node, number>; images: number }> {
  const collected = pairs.map((pair): Collected => ({ pair, reference: [], candidate: [] }));
  const opened: LayerOutputs[] = [];
  const open = async (graph: Graph, nodes: Node[]): Promise<LayerOutputs> => {
    const outputs = await LayerOutputs.open(graph, new Set(nodes), threads);
    opened.push(outputs);
    return outputs;
  };
  let done = 0;
  try {
    const before = await open(
      reference,
      pairs.map((pair) => pair.reference),
    );
    const after = await open(
      candidate,
      pairs.map((pair) => pair.candidate),
    );
    const size = Math.max(before.fixedBatch ?? 1, after.fixedBatch ?? 1);
    const others = images.batches(size, { type: after.inputType })[Symbol.asyncIterator]();
    const total = Math.min(limit, images.count);
    for await (const batch of images.batches(size, { type: before.inputType })) {
      throwIfCancelled(signal);
      const other = await others.next();
      if (other.done === true || batch.shape[0]! < size) break;
      const [expected, found] = [
        await before.run(batch.data, batch.shape),
        await after.run(other.value.data, other.value.shape),
      ];
      const random = createRandom(`positions ${done}`);
      for (const layer of collected) collect(layer, expected, found, random);
      done += size;
      progress('comparing layers', Math.min(done, total), total);
      if (done >= limit) break;
    }
    await others.return?.(undefined);
  } finally {
    for (const outputs of opened) await outputs.close();
  }
  const errors = new Map<Node, number>();
  for (const layer of collected) {
    throwIfCancelled(signal);
    const error = errorOf(layer);
    if (error !== undefined) errors.set(layer.pair.candidate, error);
  }
  return { errors, images: done };
}

type Outputs = Awaited<ReturnType<LayerOutputs['run']>>;

function collect(layer: Collected, expected: Outputs, found: Outputs, random: () => number): void {
  const [a, b] = [expected.get(layer.pair.reference)!, found.get(layer.pair.candidate)!];
  const area = (shape: readonly number[]): number => shape.slice(2).reduce((product, side) => product * side, 1);
  const map = area(a.shape);
  const places = Array.from({ length: map === 1 ? a.shape[0]! : positions }, (_, index) => ({
    image: map === 1 ? index : Math.floor(random() * a.shape[0]!),
    position: Math.floor(random() * map),
  }));
  if (map !== area(b.shape) || b.shape[1]! > a.shape[1]!) return;
  for (const { image, position } of places) {
    layer.reference.push(columnOf(a, map, image, position));
    layer.candidate.push(columnOf(b, map, image, position));
  }
}

function columnOf(
  { shape, data }: { shape: readonly number[]; data: ArrayLike<number> },
  map: number,
  image: number,
  position: number,
): Float32Array {
  const channels = shape[1]!;
  return Float32Array.from({ length: channels }, (_, channel) => data[(image * channels + channel) * map + position]!);
}

function errorOf({ reference, candidate }: Collected): number | undefined {
  if (reference.length === 0) return undefined;
  const [before, after] = [byChannel(reference), byChannel(candidate)];
  return relativeSquaredError(before, after, alignChannels(before, after));
}

function byChannel(columns: readonly Float32Array[]): ChannelSamples {
  const channels = columns[0]!.length;
  const values = new Float32Array(channels * columns.length);
  columns.forEach((column, sample) => {
    for (let channel = 0; channel < channels; channel++) values[channel * columns.length + sample] = column[channel]!;
  });
  return { channels, samples: columns.length, values };
}
