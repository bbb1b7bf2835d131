import { FreshNames } from '../../../../onnx/fresh-names';
import { copyGraph } from '../../../../onnx/graph';
import { float32Tensor, makeNode } from '../../../../onnx/make';
import type { IntegerNetwork } from './integer-network';

/** (pixel - mean) / std, one of each per channel, on the scale from 0 to 255. */
export interface PixelNormalisation {
  mean: readonly number[];
  std: readonly number[];
}

/** The network with uint8 pixels as its input, which it normalises in floats. */
export function normalisePixels(
  { graph, types }: IntegerNetwork,
  { mean, std }: PixelNormalisation,
  layout: 'NCHW' | 'NHWC',
): IntegerNetwork {
  const result = copyGraph(graph);
  const names = new FreshNames(result);
  const { name } = result.inputs[0]!;
  const shape = layout === 'NCHW' ? [1, mean.length, 1, 1] : [1, 1, 1, mean.length];
  const store = (role: string, values: number[]): string => {
    const stored = names.like(`${name}_${role}`);
    result.initializers.set(stored, float32Tensor(shape, values));
    return stored;
  };
  const [pixels, scaled, normal] = ['pixels', 'scaled', 'normal'].map((role) => names.like(`${name}_${role}`)) as [
    string,
    string,
    string,
  ];
  for (const node of result.nodes) node.inputs = node.inputs.map((read) => (read === name ? normal : read));
  const factor = store(
    'factor',
    std.map((each) => 1 / each),
  );
  const shift = store(
    'shift',
    std.map((each, channel) => -mean[channel]! / each),
  );
  result.nodes.unshift(
    makeNode('DequantizeLinear', [name], [pixels]),
    makeNode('Mul', [pixels, factor], [scaled]),
    makeNode('Add', [scaled, shift], [normal]),
  );
  const asPixels = { type: 'UINT8' as const, quantization: { scale: [1], zeroPoint: [0], axis: 0 } };
  return { graph: result, types: new Map([...types, [name, asPixels]]) };
}
