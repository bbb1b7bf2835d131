import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelCard } from '@shared/model-card';
import type { Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { plainTrainingImages } from '../../fixtures/plain-training-images';
import type {
  CalibrationImages,
  TechniqueContext,
} from '../../../src/main/engine/compression/calibration/technique-context';

/** Uniform numbers in [0, 1), the same on every machine (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const side = 12;

/** A builder of small networks `[N,3,12,12] -> [N,classes]` with random weights. */
export class NetworkBuilder {
  readonly graph: Graph;
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = numbersFrom(seed);
    this.graph = {
      name: 'small',
      producer: 'test',
      irVersion: 8,
      opsets: { '': 17 },
      inputs: [makeValue('input', 'float32', ['batch', 3, side, side])],
      outputs: [],
      nodes: [],
      initializers: new Map(),
      metadata: {},
    };
  }

  weights(shape: number[], scale = 0.5): Tensor {
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    return float32Tensor(
      shape,
      Float32Array.from({ length: count }, () => (this.random() - 0.5) * 2 * scale),
    );
  }

  constant(name: string, tensor: Tensor): string {
    this.graph.initializers.set(name, tensor);
    return name;
  }

  node(op: string, inputs: string[], output: string, attributes: Node['attributes'] = {}): string {
    this.graph.nodes.push(makeNode(op, inputs, [output], attributes));
    return output;
  }

  conv(
    input: string,
    name: string,
    from: number,
    to: number,
    kernel: number,
    options: { group?: number; bias?: boolean; pads?: number[] } = {},
  ): string {
    const { group = 1, bias = true, pads = [kernel >> 1, kernel >> 1, kernel >> 1, kernel >> 1] } = options;
    const inputs = [input, this.constant(`${name}.weight`, this.weights([to, from / group, kernel, kernel]))];
    if (bias) inputs.push(this.constant(`${name}.bias`, this.weights([to])));
    return this.node('Conv', inputs, name, {
      group: attr.int(group),
      pads: attr.ints(pads),
      kernel_shape: attr.ints([kernel, kernel]),
    });
  }

  batchNorm(input: string, name: string, channels: number): string {
    const positive = (this.weights([channels]).data as Float32Array).map((value) => Math.abs(value) + 0.1);
    const inputs = [
      input,
      this.constant(`${name}.g`, this.weights([channels], 2)),
      this.constant(`${name}.b`, this.weights([channels])),
    ];
    inputs.push(
      this.constant(`${name}.m`, this.weights([channels])),
      this.constant(`${name}.v`, float32Tensor([channels], positive)),
    );
    return this.node('BatchNormalization', inputs, name);
  }

  head(input: string, channels: number, classes: number, transB = 1): Graph {
    const pooled = this.node('GlobalAveragePool', [input], 'pooled');
    const flat = this.node('Flatten', [pooled], 'flat');
    const weight = this.constant('fc.weight', this.weights(transB ? [classes, channels] : [channels, classes]));
    this.node('Gemm', [flat, weight, this.constant('fc.bias', this.weights([classes]))], 'logits', {
      transB: attr.int(transB),
    });
    this.graph.outputs = [makeValue('logits', 'float32', ['batch', classes])];
    return this.graph;
  }
}

/** Batch norms, ReLU, ReLU6, depthwise, residual Add, MaxPool, Concat: what the three networks of the matrix are made of. */
export function mixedNetwork(seed = 1): Graph {
  const net = new NetworkBuilder(seed);
  net.constant('zero', float32Tensor([], [0]));
  net.constant('six', float32Tensor([], [6]));
  const stem = net.node(
    'Relu',
    [net.batchNorm(net.conv('input', 'stem', 3, 16, 3, { bias: false }), 'stem.bn', 16)],
    'stem.relu',
  );
  const pool = net.node('MaxPool', [stem], 'pool', { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  const wide = net.node('Clip', [net.conv(pool, 'expand', 16, 32, 1), 'zero', 'six'], 'expand.relu6');
  const deep = net.node(
    'Clip',
    [net.conv(wide, 'depthwise', 32, 32, 3, { group: 32, pads: [0, 0, 2, 2] }), 'zero', 'six'],
    'depthwise.relu6',
  );
  const sum = net.node('Add', [net.conv(deep, 'project', 32, 16, 1), pool], 'sum');
  const left = net.node('Relu', [net.conv(sum, 'left', 16, 8, 1)], 'left.relu');
  const right = net.node('Relu', [net.conv(sum, 'right', 16, 24, 3)], 'right.relu');
  const joined = net.node('Concat', [left, right], 'joined', { axis: attr.int(1) });
  const residual = net.node(
    'Relu',
    [net.node('Add', [net.conv(joined, 'mix', 32, 32, 3), joined], 'residual')],
    'residual.relu',
  );
  return net.head(residual, 32, 10);
}

export function images(count: number, seed = 7): Float32Array {
  const random = numbersFrom(seed);
  return Float32Array.from({ length: count * 3 * side * side }, () => random() * 2 - 1);
}

export function cardFor(graph: Graph): ModelCard {
  return {
    name: graph.name,
    task: 'image-classification',
    input: { name: 'input', layout: 'NCHW', channels: 'RGB', height: side, width: side },
    output: { name: 'logits', classes: 10 },
    preprocess: { resize: side, crop: side, interpolation: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] },
  };
}

export interface RecordedContext extends TechniqueContext {
  notes: string[];
  steps: [stage: string, done: number, total: number][];
}

/** `cached` that keeps nothing. */
export const uncached: TechniqueContext['cached'] = Object.assign(
  <T>(_key: unknown, compute: () => Promise<T>): Promise<T> => compute(),
  { peek: () => Promise.resolve(undefined) },
);

/** `images` of a context whose calibration images are its training images too, without labels: as steps get them where there are no others. */
export function imagesOfCalibration(calibration: CalibrationImages): TechniqueContext['images'] {
  const train = plainTrainingImages(calibration);
  return (split) => ({ calibration, train })[split];
}

/** With a last layer of more inputs, 18,432, than a few images can tell apart. */
export function networkWithWideLayer(seed = 5): Graph {
  const wide = new NetworkBuilder(seed);
  const maps = wide.node('Relu', [wide.conv('input', 'stem', 3, 128, 3)], 'maps');
  const flat = wide.node('Flatten', [maps], 'flat', { axis: attr.int(1) });
  const weights = wide.constant('logits.weight', wide.weights([128 * side * side, 10]));
  wide.node('Gemm', [flat, weights, wide.constant('logits.bias', wide.weights([10]))], 'logits');
  return { ...wide.graph, outputs: [makeValue('logits', 'float32', ['batch', 10])] };
}

/** A context over calibration images held in memory, `[count, ...imageShape]`. */
export function contextFor(
  card: ModelCard,
  data = images(16),
  imageShape = [3, side, side],
  signal = new AbortController().signal,
): RecordedContext {
  const size = imageShape.reduce((product, dimension) => product * dimension, 1);
  const count = data.length / size;
  const notes: string[] = [];
  const steps: RecordedContext['steps'] = [];
  const calibration: CalibrationImages = {
    count,
    async *batches(batchSize) {
      for (let first = 0; first < count; first += batchSize) {
        const taken = Math.min(batchSize, count - first);
        await Promise.resolve();
        const batch = data.slice(first * size, (first + taken) * size);
        yield { data: batch, shape: [taken, ...imageShape] };
        // As the real images do: a batch is gone once the next is asked for.
        structuredClone(batch.buffer, { transfer: [batch.buffer] });
      }
    },
  };
  return {
    card,
    calibration,
    images: imagesOfCalibration(calibration),
    cached: uncached,
    reference: () => Promise.reject(new Error('this test gives no float network')),
    seed: 1,
    threads: 1,
    rng: numbersFrom(1),
    progress: (stage, done, total) => steps.push([stage, done, total]),
    note: (sentence) => notes.push(sentence),
    log: () => {},
    signal,
    notes,
    steps,
  };
}

/** `cached` as a sweep has it: what is stored is plain data, and computed once. */
export function cachedIn(stored: Map<string, unknown>): TechniqueContext['cached'] {
  const cached = async <T>(key: unknown, compute: () => Promise<T>): Promise<T> => {
    const name = JSON.stringify(key);
    if (!stored.has(name)) stored.set(name, JSON.parse(JSON.stringify(await compute())));
    return stored.get(name) as T;
  };
  return Object.assign(cached, {
    peek: <T>(key: unknown) => Promise.resolve(stored.get(JSON.stringify(key)) as T | undefined),
  });
}

/** The network's first output for a batch, through real ONNX Runtime. */
export async function runGraph(graph: Graph, data = images(8), imageShape = [3, side, side]): Promise<Float32Array> {
  const session = await ort.open(encodeModel(graph), { threads: 1 });
  const size = imageShape.reduce((product, dimension) => product * dimension, 1);
  try {
    const results = await session.run({ input: { type: 'float32', shape: [data.length / size, ...imageShape], data } });
    return results[session.outputNames[0]!]!.data as Float32Array;
  } finally {
    await session.close();
  }
}

/** How often each operator occurs after ONNX Runtime optimized the file for this machine. */
export async function optimizedOperators(graph: Graph): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-test-'));
  try {
    const path = join(folder, 'optimized.onnx');
    const session = await ort.open(encodeModel(graph), { threads: 1, optimizedModelPath: path });
    await session.close();
    const counts: Record<string, number> = {};
    for (const { op } of (await loadModel(path)).nodes) counts[op] = (counts[op] ?? 0) + 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Changes when any byte the file would have changes, so it tells whether a technique changed its input. */
export function fingerprintOf(graph: Graph): string {
  return createHash('sha256').update(encodeModel(graph)).digest('hex');
}

/** Root of the mean squared difference over that of the reference. */
export function relativeError(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  let [error, power] = [0, 0];
  for (let index = 0; index < reference.length; index++) {
    error += (actual[index]! - reference[index]!) ** 2;
    power += reference[index]! ** 2;
  }
  return Math.sqrt(error / power);
}
