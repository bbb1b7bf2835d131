import { describe, expect, it } from 'vitest';
import { integerKernels } from '../../../src/main/engine/measure/file/integer-kernels';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';

const network = (...nodes: ReturnType<typeof makeNode>[]) =>
  makeGraph({
    inputs: [makeValue('x', 'float32', [1, 24, 4, 4])],
    outputs: [makeValue('y', 'float32', [1, 24, 4, 4])],
    nodes,
    initializers: {},
  });
const group = (count: number) => ({ group: attr.int(count) });

describe('integerKernels', () => {
  it('finds nothing in a network of floats, whatever its widths', () => {
    expect(integerKernels(network(makeNode('Conv', ['x', 'w'], ['y'], group(24))))).toEqual({
      layers: 0,
      dynamicConvolutions: 0,
    });
  });
  it('does not take few-bit weights that are decoded for integers', () => {
    const decoded = network(
      makeNode('DequantizeLinear', ['codes', 'scale'], ['w']),
      makeNode('Conv', ['x', 'w'], ['y'], group(24)),
    );
    expect(integerKernels(decoded)).toMatchObject({ layers: 0 });
  });
  it('counts convolutions with dynamic ranges', () => {
    expect(integerKernels(network(makeNode('ConvInteger', ['x', 'w'], ['y'])))).toEqual({
      layers: 1,
      dynamicConvolutions: 1,
    });
  });
  it.each([
    ['between quantized values', makeNode('Conv', ['q', 'w'], ['y'], group(24), 'dw')],
    ['as an operator of its own', makeNode('QLinearConv', ['q', 's', 'z', 'w'], ['y'], group(24), 'dw')],
  ])('names depthwise layers of 24 channels %s', (_, layer) => {
    const graph = network(makeNode('DequantizeLinear', ['codes', 'scale'], ['q']), layer);
    expect(integerKernels(graph)).toEqual({
      layers: 1,
      dynamicConvolutions: 0,
      raggedDepthwise: { layers: 1, node: 'dw', channels: 24, multipleOf: 16 },
    });
  });
  it('has nothing against 32 of them', () => {
    const graph = network(
      makeNode('DequantizeLinear', ['codes', 'scale'], ['q']),
      makeNode('Conv', ['q', 'w'], ['y'], group(32)),
    );
    expect(integerKernels(graph)).not.toHaveProperty('raggedDepthwise');
  });
});
