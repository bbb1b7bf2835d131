import { describe, expect, it } from 'vitest';
import { handsOnCodes, integerLayers } from '../../../src/main/engine/onnx/integer-layers';
import { makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { QdqBuilder } from '../../fixtures/qdq-builder';

const shape = [1, 3, 4, 4];
const graphOf = (nodes: ReturnType<typeof makeNode>[]) =>
  makeGraph({
    inputs: [makeValue('input', 'float32', shape)],
    outputs: [makeValue('y', 'float32', [])],
    nodes,
    initializers: { w: noiseTensor([4, 3, 1, 1], 1) },
  });

describe('integer layers', () => {
  it('are those between quantized values', () => {
    const net = new QdqBuilder(shape);
    const codes = [0.02, 120] as const;
    const graph = net.finish(net.coded(net.conv(net.coded('input', codes), [3, 4], [1, 1], codes), [0.1, 128]));
    expect(integerLayers(graph).map(({ op }) => op)).toEqual(['Conv']);
    expect(handsOnCodes(graph)).toBe(true);
  });

  it('that quantize what they are given themselves hand on numbers', () => {
    const graph = graphOf([makeNode('ConvInteger', ['codes', 'w'], ['sums']), makeNode('Cast', ['sums'], ['y'])]);
    expect(integerLayers(graph)).toHaveLength(1);
    expect(handsOnCodes(graph)).toBe(false);
  });

  it('are none of those in floats', () => {
    expect(handsOnCodes(graphOf([makeNode('Conv', ['input', 'w'], ['y'])]))).toBe(false);
  });
});
