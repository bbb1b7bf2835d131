import { describe, expect, it } from 'vitest';
import { graphSummary } from '../../../src/renderer/sweep/graph-summary';

const layer = (params: number) => ({ name: 'x', op: 'Conv', outputShape: [], params, macs: 0 });

describe('graphSummary', () => {
  it('tells size, work and make of a network', () => {
    const operators = { Relu: 3, Conv: 3, Add: 2, Gemm: 1, Flatten: 1, Clip: 1, Concat: 1, Mul: 1 };
    const model = {
      params: 3_504_872,
      macs: 300_774_272,
      operators,
      layers: [layer(9), layer(0), layer(4)],
      opset: 12,
      producer: 'pytorch',
    };
    expect(graphSummary(model)).toEqual([
      ['Parameters', '3.50 million'],
      ['MACs at batch 1', '301 million'],
      ['Layers with weights', '2'],
      ['Operators', '3 Conv, 3 Relu, 2 Add, 1 Clip, 1 Concat, 1 Flatten, 2 others'],
      ['Format', 'ONNX opset 12, from pytorch'],
    ]);
  });

  it('counts one other operator as one', () => {
    const operators = { Add: 1, Clip: 1, Concat: 1, Conv: 1, Flatten: 1, Gemm: 1, Mul: 1 };
    const model = { params: 1, macs: 1, operators, layers: [], opset: 17, producer: '' };
    expect(graphSummary(model)).toContainEqual([
      'Operators',
      '1 Add, 1 Clip, 1 Concat, 1 Conv, 1 Flatten, 1 Gemm, 1 other',
    ]);
  });

  it('counts small networks exactly', () => {
    const model = { params: 12_345, macs: 0, operators: { Gemm: 1 }, layers: [], opset: 17, producer: '' };
    expect(graphSummary(model)).toEqual([
      ['Parameters', '12,345'],
      ['MACs at batch 1', '0'],
      ['Layers with weights', '0'],
      ['Operators', '1 Gemm'],
      ['Format', 'ONNX opset 17'],
    ]);
  });
});
