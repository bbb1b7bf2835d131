import { AppError } from '@shared/errors';
import { copyGraph, type Graph } from '../../onnx/graph';
import { makeNode, makeValue } from '../../onnx/make';
import type { RuntimeTensor } from '../calculator';
import type { TechniqueContext } from './technique-context';
import { runCalibration } from './calibration-run';
import { FreshNames } from '../../onnx/fresh-names';

/** A float32 value `[N, C]` or `[N, C, ...spatial]`. */
export interface ChannelValue {
  name: string;
  isSpatial: boolean;
}

export interface ChannelMoments {
  mean: Float64Array;
  /** Standard deviation. */
  deviation: Float64Array;
  /** Largest element. */
  max: Float64Array;
}

interface Probe {
  value: string;
  mean: string;
  square: string;
  max: string;
}

/** The graph with nothing but each value's mean, mean square and maximum per image and channel as outputs. */
function probedGraph(graph: Graph, values: readonly ChannelValue[]): { probed: Graph; probes: Probe[] } {
  const probed = copyGraph(graph);
  const names = new FreshNames(graph);
  probed.outputs = [];
  const probes = values.map(({ name, isSpatial }): Probe => {
    const pool = (op: string, input: string): string => {
      const output = names.next();
      probed.nodes.push(makeNode(isSpatial ? op : 'Identity', [input], [output]));
      probed.outputs.push(makeValue(output, 'float32', []));
      return output;
    };
    const squared = names.next();
    probed.nodes.push(makeNode('Mul', [name, name], [squared]));
    return {
      value: name,
      mean: pool('GlobalAveragePool', name),
      square: pool('GlobalAveragePool', squared),
      max: pool('GlobalMaxPool', name),
    };
  });
  return { probed, probes };
}

/** Sums and maxima over images, for each channel. */
class Accumulator {
  private images = 0;
  private sums: Float64Array;
  private squares: Float64Array;
  private readonly max: Float64Array;

  constructor(channels: number) {
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
    this.max = new Float64Array(channels).fill(-Infinity);
  }

  /** Each `[images, channels]`, row by row. */
  take(means: RuntimeTensor, squares: RuntimeTensor, maxima: RuntimeTensor): void {
    const channels = this.max.length;
    this.images += means.data.length / channels;
    for (let index = 0; index < means.data.length; index++) {
      const channel = index % channels;
      this.sums[channel]! += Number(means.data[index]);
      this.squares[channel]! += Number(squares.data[index]);
      this.max[channel] = Math.max(this.max[channel]!, Number(maxima.data[index]));
    }
  }

  moments(): ChannelMoments {
    const mean = this.sums.map((sum) => sum / this.images);
    const deviation = this.squares.map((sum, channel) =>
      Math.sqrt(Math.max(0, sum / this.images - mean[channel]! ** 2)),
    );
    return { mean, deviation, max: this.max };
  }
}

/**
 * What every channel of each value takes over the first `limit` calibration images (rounded up to whole batches), in one pass whose memory
 * does not depend on their number.
 * Throws `technique.failed` without images or when a mean is not finite, `cancelled` once the signal fires.
 */
export async function channelMoments(
  graph: Graph,
  values: readonly ChannelValue[],
  context: TechniqueContext,
  { id, limit = context.calibration.count }: { id: string; limit?: number },
): Promise<Map<string, ChannelMoments>> {
  const { probed, probes } = probedGraph(graph, values);
  const accumulators = new Map<string, Accumulator>();
  await runCalibration(probed, limit, context, id, (results) => {
    for (const { value, mean, square, max } of probes) {
      const means = results[mean]!;
      const accumulator = accumulators.get(value) ?? new Accumulator(means.shape[1]!);
      accumulators.set(value, accumulator);
      accumulator.take(means, results[square]!, results[max]!);
    }
  });
  return new Map(
    [...accumulators].map(([value, accumulator]) => {
      const moments = accumulator.moments();
      if (!moments.mean.every(Number.isFinite)) {
        const detail = `the value "${value}" is not a finite number on calibration images`;
        throw new AppError('technique.failed', { id, detail });
      }
      return [value, moments];
    }),
  );
}
