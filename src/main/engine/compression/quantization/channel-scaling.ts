import { intAttribute } from '../../onnx/attributes';
import type { WeightLayer } from '../layers/weight-layers';

/** Which input and output channel each weight of a layer belongs to. */
export interface WeightChannels {
  inputs: number;
  outputs: number;
  inputOf(index: number): number;
  outputOf(index: number): number;
}

/** Of a convolution (grouped and depthwise too) or a matrix. */
export function weightChannels({ node, weight, channelAxis }: WeightLayer): WeightChannels {
  const { shape, data } = weight;
  const outputs = shape[channelAxis]!;
  if (node.op !== 'Conv') {
    const columns = shape[1]!;
    const row = (index: number): number => Math.floor(index / columns);
    const column = (index: number): number => index % columns;
    const inputs = data.length / outputs;
    return channelAxis === 1
      ? { inputs, outputs, inputOf: row, outputOf: column }
      : { inputs, outputs, inputOf: column, outputOf: row };
  }
  const groups = intAttribute(node, 'group', 1);
  const inputsPerGroup = shape[1]!;
  const outputsPerGroup = outputs / groups;
  const perOutput = data.length / outputs;
  const kernel = perOutput / inputsPerGroup;
  const outputOf = (index: number): number => Math.floor(index / perOutput);
  return {
    inputs: inputsPerGroup * groups,
    outputs,
    outputOf,
    inputOf: (index) =>
      Math.floor(outputOf(index) / outputsPerGroup) * inputsPerGroup + (Math.floor(index / kernel) % inputsPerGroup),
  };
}

/** Largest magnitude per channel. */
export function channelPeaks(data: Float32Array, channels: number, channelOf: (index: number) => number): Float64Array {
  const peaks = new Float64Array(channels);
  data.forEach((value, index) => {
    const channel = channelOf(index);
    peaks[channel] = Math.max(peaks[channel]!, Math.abs(value));
  });
  return peaks;
}

/** A copy with every weight multiplied by the factor of its channel. */
export function scaleChannels(
  data: Float32Array,
  factors: Float64Array,
  channelOf: (index: number) => number,
): Float32Array {
  return data.map((value, index) => value * factors[channelOf(index)]!);
}

/** Per output channel: the sum over its weights, each times the value of its input channel. */
export function weightedSums(data: Float32Array, channels: WeightChannels, values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(channels.outputs);
  data.forEach((weight, index) => (sums[channels.outputOf(index)]! += weight * values[channels.inputOf(index)]!));
  return sums;
}
