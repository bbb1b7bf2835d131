import { expect, test } from 'vitest';
import { diagonalAt } from '../../../src/main/engine/compression/calibration/gram';
import { inputColumns } from '../../../src/main/engine/compression/calibration/input-columns';
import { layerSums } from '../../../src/main/engine/compression/calibration/layer-sums';
import { PairedActivations } from '../../../src/main/engine/compression/calibration/paired-activations';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';
import { cardFor, contextFor, side } from '../techniques/small-networks';

const [images, outputs] = [24, 5];

/** A convolution, and the layer behind it that sums are asked of. @param seed of all weights. @param channels between them */
function network(seed: number, last: 'Conv' | 'Gemm' | 'MatMul', left = outputs, channels = 4): Graph {
  const nodes = [
    makeNode('Conv', ['input', 'w1'], ['c'], { pads: attr.ints([1, 1, 1, 1]) }),
    makeNode('Relu', ['c'], ['r']),
  ];
  const flat = channels * side * side;
  if (last === 'Conv') nodes.push(makeNode('Conv', ['r', 'w2', 'b2'], ['y'], { strides: attr.ints([2, 2]) }));
  else
    nodes.push(
      makeNode('Flatten', ['r'], ['f']),
      makeNode(last, ['f', 'w2', ...(last === 'Gemm' ? ['b2'] : [])], ['y']),
    );
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, side, side])],
    outputs: [makeValue('y', 'float32', [])],
    nodes,
    initializers: {
      w1: noiseTensor([channels, 3, 3, 3], seed),
      w2: noiseTensor(last === 'Conv' ? [left, channels, 3, 3] : [flat, left], seed + 1),
      b2: noiseTensor([left], seed + 2),
    },
  });
}

/** The reference: what a session says of the error itself, which it computes where all of H is asked for. */
test.each([
  ['Conv', outputs, 4],
  ['Gemm', outputs, 4],
  ['MatMul', outputs, 4],
  ['Gemm', 3, 4],
  ['Gemm', outputs, 3],
  ['Conv', 3, 2],
] as const)(
  'the error of a %s with %i outputs behind %i channels follows from the sums of what it reads',
  async (last, left, channels) => {
    const [reference, own] = [network(1, last), network(5, last, left, channels)];
    const [, layer] = weightLayers(own);
    const [, whole] = weightLayers(reference);
    const context = contextFor(cardFor(reference), noise(images * 3 * side * side, 9));
    const sumsOf = async (extent: 'whole' | 'diagonal'): ReturnType<typeof layerSums> => {
      const activations = new PairedActivations(own, reference, images, context, 'test');
      const compared = {
        layer: layer!.node,
        reference: { ...whole!.node, inputs: whole!.node.inputs.map(activations.referenceOf) },
        probe: inputColumns(own)(layer!.node, layer!.weight.shape, images)!,
        rows: weightRows(layer!),
        whole: { node: whole!.node, rows: () => weightRows(whole!) },
        ...(left < outputs && { channels: [0, 2, 4] }),
      };
      return layerSums(activations, [own, reference], compared, { extent, parts: 2 });
    };
    const [all, few] = [await sumsOf('whole'), await sumsOf('diagonal')];
    for (const [at, part] of few.entries()) {
      const expected = all[at]!;
      expect(part.count).toBe(expected.count);
      expect(part.errors).toEqual([]);
      expect(Math.max(...expected.errorSums.map(Math.abs))).toBeGreaterThan(10);
      for (const [row, sum] of part.errorSums.entries()) expect(sum).toBeCloseTo(expected.errorSums[row]!, 2);
      for (let column = 0; column < part.sums.length; column++)
        expect(diagonalAt(part.grams[0]!, column)).toBeCloseTo(diagonalAt(expected.grams[0]!, column), 3);
    }
  },
);
