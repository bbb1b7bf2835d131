import { AppError } from '@shared/errors';
import { createRandom } from '../algebra/random';
import { elementCount, type Graph } from '../../onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../onnx/make';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';
import type { LayerShape } from './layer-shape';

const warmUpRounds = 2;
const minimumRounds = 4;
const maximumRounds = 16;
/** Of one pass, beyond the least number of rounds. */
const passMs = 150;

export interface BenchAxes {
  inputs: number[];
  outputs: number[];
}

/**
 * Times one layer shape for every pair of channel counts: a network in which each pair is a layer of its own with weights of its own, as
 * cold as in a real network. Several passes may be run at different times; `result` is the fastest of each point.
 */
export class LayerBench {
  private readonly best: number[][];

  constructor(
    private readonly shape: LayerShape,
    private readonly axes: BenchAxes,
  ) {
    this.best = axes.inputs.map(() => axes.outputs.map(() => Infinity));
  }

  /** Throws `cancelled` once the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const session = await calculator.open(encodeModel(benchGraph(this.shape, this.axes)), {
      threads: 1,
      profile: true,
    });
    try {
      const feeds = benchFeeds(this.shape, this.axes);
      let start = performance.now();
      for (let round = 0; round < warmUpRounds + maximumRounds; round++) {
        if (signal.aborted) throw new AppError('cancelled');
        if (round === warmUpRounds) start = performance.now();
        if (round >= warmUpRounds + minimumRounds && performance.now() - start > passMs) break;
        await session.run(feeds);
      }
      const times = new Map<string, number[]>();
      for (const { name, milliseconds } of await session.operatorTimes()) {
        const point = /\d+x\d+/.exec(name)?.[0];
        if (point !== undefined) times.set(point, [...(times.get(point) ?? []), milliseconds]);
      }
      this.axes.inputs.forEach((inputChannels, row) =>
        this.axes.outputs.forEach((outputChannels, column) => {
          const found = times.get(`${inputChannels}x${outputChannels}`)?.slice(warmUpRounds);
          if (found?.length) this.best[row]![column] = Math.min(this.best[row]![column]!, lowerMean(found));
        }),
      );
    } finally {
      await session.close();
    }
  }

  result(): BenchAxes & { milliseconds: number[][] } {
    return { ...this.axes, milliseconds: this.best };
  }
}

/** The mean of the faster half: finer than the profile's microseconds, deaf to interruptions. */
function lowerMean(values: readonly number[]): number {
  const faster = [...values].sort((a, b) => a - b).slice(0, Math.ceil(values.length / 2));
  return faster.reduce((sum, value) => sum + value, 0) / faster.length;
}

const inputName = (channels: number): string => `input${channels}`;

function benchFeeds(shape: LayerShape, axes: BenchAxes): Record<string, RuntimeTensor> {
  return Object.fromEntries(
    inputCounts(shape, axes).map((channels) => {
      const sizes = [1, channels, ...shape.spatial];
      return [inputName(channels), { type: 'float32', shape: sizes, data: randomNumbers(elementCount(sizes)) }];
    }),
  );
}

/** A grouped layer keeps the channels of a group, so its inputs change with its outputs. */
const inputsOf = (shape: LayerShape, row: number, outputChannels: number): number =>
  shape.groups > 1 ? Math.max(1, groupsOf(shape, outputChannels)) * (shape.inputChannels / shape.groups) : row;

const groupsOf = (shape: LayerShape, outputChannels: number): number =>
  shape.groups > 1 ? Math.max(1, Math.round((shape.groups * outputChannels) / shape.outputChannels)) : 1;

const inputCounts = (shape: LayerShape, { inputs, outputs }: BenchAxes): number[] => [
  ...new Set(inputs.flatMap((row) => outputs.map((column) => inputsOf(shape, row, column)))),
];

function benchGraph(shape: LayerShape, axes: BenchAxes): Graph {
  const graph: Graph = {
    name: 'layer latency',
    producer: 'whittle',
    irVersion: 8,
    opsets: { '': 13 },
    inputs: inputCounts(shape, axes).map((channels) =>
      makeValue(inputName(channels), 'float32', [1, channels, ...shape.spatial]),
    ),
    outputs: [],
    nodes: [],
    initializers: new Map([
      ['zero', float32Tensor([], [0])],
      ['six', float32Tensor([], [6])],
    ]),
    metadata: {},
  };
  for (const row of axes.inputs) for (const column of axes.outputs) addPoint(graph, shape, row, column);
  return graph;
}

function addPoint(graph: Graph, shape: LayerShape, row: number, outputChannels: number): void {
  const point = `${row}x${outputChannels}`;
  const inputChannels = inputsOf(shape, row, outputChannels);
  const groups = groupsOf(shape, outputChannels);
  const outputs = shape.groups > 1 ? groups * (shape.outputChannels / shape.groups) : outputChannels;
  const constant = (name: string, sizes: number[]): string => {
    graph.initializers.set(name, float32Tensor(sizes, randomNumbers(elementCount(sizes))));
    return name;
  };
  const add = (op: string, inputs: string[], name: string, attributes = {}): string => {
    graph.nodes.push(makeNode(op, inputs, [name], attributes));
    return name;
  };
  const bias = constant(`b ${point}`, [outputs]);
  if (shape.op === 'Gemm') {
    const weight = constant(`w ${point}`, [outputs, inputChannels]);
    const result = add('Gemm', [inputName(inputChannels), weight, bias], point, { transB: attr.int(1) });
    graph.outputs.push(makeValue(result, 'float32', [1, outputs]));
    return;
  }
  const weight = constant(`w ${point}`, [outputs, inputChannels / groups, ...shape.kernel]);
  const [activation, residual] = [shape.activation, shape.addsResidual];
  const isPlain = activation === '' && !residual;
  const attributes = {
    group: attr.int(groups),
    kernel_shape: attr.ints(shape.kernel),
    strides: attr.ints(shape.strides),
    dilations: attr.ints(shape.dilations),
    ...(shape.autoPad === 'NOTSET' ? { pads: attr.ints(shape.pads) } : { auto_pad: attr.string(shape.autoPad) }),
  };
  // Fused nodes are called like the value they end in.
  let value = add('Conv', [inputName(inputChannels), weight, bias], isPlain ? point : `conv ${point}`, attributes);
  if (activation === 'Relu') value = add('Relu', [value], point);
  if (activation === 'Clip') value = add('Clip', [value, 'zero', 'six'], point);
  // One number a channel: the blocked layout is left only after that, and the whole map is not copied out.
  const pooled = add('GlobalMaxPool', [value], `pool of ${outputs} by ${row}`);
  graph.outputs.push(makeValue(pooled, 'float32', [1, outputs, 1, 1]));
}

const poolLength = 1 << 20;
let pool: Float32Array | undefined;

/** Numbers in [-0.5, 0.5), repeating after a million: their values do not matter, only that they are ordinary. */
function randomNumbers(count: number): Float32Array {
  if (!pool) {
    const random = createRandom('layer latency');
    pool = Float32Array.from({ length: poolLength }, () => random() - 0.5);
  }
  const numbers = new Float32Array(count);
  for (let start = 0; start < count; start += poolLength)
    numbers.set(pool.subarray(0, Math.min(poolLength, count - start)), start);
  return numbers;
}
