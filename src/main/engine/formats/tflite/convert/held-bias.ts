import { scalesThatHoldBias } from '../../../compression/algebra/affine-quantization';
import type { Operation } from './operation';
import { elementsOf, type Constant } from './value';

/**
 * Weights in codes `[outputs, ...]` whose scales let the layer's bias be what it is: that is an int32 of input scale x weight scale, which for a channel of
 * tiny weights does not reach the usual bias. Such a channel gets a larger scale, and codes that are rounded to it. Other weights stay as they are.
 * @param input the tensor that the layer reads
 */
export function withHeldBias(
  operation: Operation,
  weights: Constant,
  bias: Float32Array | undefined,
  input: number,
): Constant {
  const { quantization } = weights;
  const inputScale = operation.builder.tensors[input]!.quantization?.scale[0];
  if (!quantization || inputScale === undefined) return weights;
  const scales = Float32Array.from(quantization.scale);
  const held = scalesThatHoldBias(scales, inputScale, bias);
  if (held.every((scale, channel) => scale === scales[channel])) return weights;
  const inChannel = elementsOf(weights.shape) / scales.length;
  const shrinking = held.map((scale, channel) => scales[channel]! / scale);
  return {
    ...weights,
    // Another layer may read the same codes beside a bias of its own.
    name: `${weights.name} for ${operation.node.outputs[0]}`,
    data: () =>
      (weights.data() as Int8Array).map((code, index) => Math.round(code * shrinking[Math.floor(index / inChannel)]!)),
    quantization: { ...quantization, scale: Array.from(held) },
  };
}
