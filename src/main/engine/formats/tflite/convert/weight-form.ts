import { numbersOf } from './placement';
import type { Operation } from './operation';
import type { Constant } from './value';

/**
 * The weights of a layer as kernels take them: FLOAT32, numbers that are stored as halves, or INT8 codes whose zero point is 0, with a scale
 * for each output channel. Codes with another zero point are made numbers.
 * @param channelAxis the axis of output channels
 */
export function layerWeights(operation: Operation, weights: Constant, channelAxis: number): Constant {
  const { quantization, type } = weights;
  if (type === 'FLOAT32') return operation.isHalfLayer ? { ...weights, isHalf: true } : weights;
  const isSymmetric = quantization?.zeroPoint.every((zero) => zero === 0);
  const isPerChannel = quantization?.scale.length === 1 || quantization?.axis === channelAxis;
  if (type !== 'INT8' || !isSymmetric || !isPerChannel) return asNumbers(weights);
  const channels = weights.shape[channelAxis]!;
  const { scale } = quantization;
  const scales = scale.length === channels ? scale : new Array<number>(channels).fill(scale[0]!);
  return {
    ...weights,
    // Kernels rely on codes from -127 on (the quantization specification): products of two lowest codes would not fit their sums.
    data: () => (weights.data() as Int8Array).map((code) => Math.max(-127, code)),
    quantization: { scale: scales, zeroPoint: scales.map(() => 0), axis: channelAxis },
  };
}

export function asNumbers(constant: Constant): Constant {
  const { kind, name, shape } = constant;
  return { kind, name, shape, type: 'FLOAT32', data: () => numbersOf(constant) };
}
