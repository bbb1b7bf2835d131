import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attribute, Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { differenceAsTflite, hasTflite, kernels, needsTflite } from '../../fixtures/converted-network';

const small = (max: number, min = 0) => fc.integer({ min, max });
const side = (kernel: number, before: number, behind: number, dilation: number, extra: number): number =>
  Math.max(1, (kernel - 1) * dilation + 1 - before - behind + extra);

const geometry = fc.record({
  kernel: fc.record({ rows: small(4, 1), columns: small(4, 1) }),
  stride: fc.record({ rows: small(3, 1), columns: small(3, 1) }),
  dilation: small(2, 1),
  pads: fc.record({ top: small(2), left: small(2), bottom: small(3), right: small(3) }),
  extra: fc.record({ rows: small(6), columns: small(6) }),
  auto: fc.constantFrom('NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
  groups: fc.constantFrom<'dense' | 'two' | 'depthwise' | 'multiplied'>('dense', 'two', 'depthwise', 'multiplied'),
  bias: fc.boolean(),
  ceil: fc.boolean(),
  counts: fc.boolean(),
});
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

function window({ kernel, stride, dilation, pads, extra, auto }: Geometry, withDilation: boolean) {
  // ONNX Runtime refuses SAME with dilation and with steps over pixels.
  const isSame = auto.startsWith('SAME');
  const apart = withDilation && !isSame ? dilation : 1;
  const step = (size: number, along: number): number => (isSame ? Math.min(size, along) : size);
  const isSaid = auto === 'NOTSET';
  // A pad as large as the kernel would make windows of padding alone, which poolings do not have.
  const bound = (pad: number, size: number): number => Math.min(pad, size - 1);
  const [top, bottom] = [bound(pads.top, kernel.rows), bound(pads.bottom, kernel.rows)];
  const [left, right] = [bound(pads.left, kernel.columns), bound(pads.right, kernel.columns)];
  const attributes: Record<string, Attribute> = {
    kernel_shape: attr.ints([kernel.rows, kernel.columns]),
    strides: attr.ints([step(stride.rows, kernel.rows), step(stride.columns, kernel.columns)]),
    ...(withDilation && { dilations: attr.ints([apart, apart]) }),
    ...(isSaid ? { pads: attr.ints([top, left, bottom, right]) } : { auto_pad: attr.string(auto) }),
  };
  const given = isSaid ? { top, bottom, left, right } : { top: 0, bottom: 0, left: 0, right: 0 };
  const rows = side(kernel.rows, given.top, given.bottom, apart, extra.rows);
  const columns = side(kernel.columns, given.left, given.right, apart, extra.columns);
  return { attributes, rows, columns };
}

function graph(
  op: string,
  input: number[],
  attributes: Record<string, Attribute>,
  initializers: Record<string, Tensor>,
): Graph {
  return makeGraph({
    inputs: [makeValue('input', 'float32', input)],
    outputs: [makeValue('y', 'float32', [])],
    nodes: [makeNode(op, ['input', ...Object.keys(initializers)], ['y'], attributes)],
    initializers,
  });
}

function convolution(one: Geometry): { network: Graph; input: number[] } {
  const { attributes, rows, columns } = window(one, true);
  const channels = 4;
  const groups = { dense: 1, two: 2, depthwise: channels, multiplied: channels }[one.groups];
  const outputs = { dense: 3, two: 6, depthwise: channels, multiplied: 2 * channels }[one.groups];
  const input = [1, channels, rows, columns];
  const weight = noiseTensor([outputs, channels / groups, one.kernel.rows, one.kernel.columns], 3);
  const initializers: Record<string, Tensor> = one.bias ? { w: weight, b: noiseTensor([outputs], 4) } : { w: weight };
  return { network: graph('Conv', input, { ...attributes, group: attr.int(groups) }, initializers), input };
}

function pooling(op: string, one: Geometry): { network: Graph; input: number[] } {
  const { attributes, rows, columns } = window(one, false);
  const ceil: Record<string, Attribute> = one.auto === 'NOTSET' && one.ceil ? { ceil_mode: attr.int(1) } : {};
  const counts: Record<string, Attribute> =
    op === 'AveragePool' && one.counts ? { count_include_pad: attr.int(1) } : {};
  const input = [1, 3, rows, columns];
  return { network: graph(op, input, { ...attributes, ...ceil, ...counts }, {}), input };
}

describe.each(kernels)('windows of any size, stride and padding, with xnnpack $xnnpack', (kernel) => {
  const agrees = async ({ network, input }: { network: Graph; input: number[] }): Promise<void> => {
    expect(await differenceAsTflite(network, noiseTensor(input, 7), kernel)).toBeLessThan(1e-4);
  };

  it.skipIf(!hasTflite)(`convolve as in ONNX Runtime${needsTflite}`, async () => {
    await fc.assert(
      fc.asyncProperty(geometry, (one) => agrees(convolution(one))),
      { numRuns: 100, seed: 1 },
    );
  });
  it.skipIf(!hasTflite).each(['MaxPool', 'AveragePool'])(`%s as in ONNX Runtime${needsTflite}`, async (op) => {
    await fc.assert(
      fc.asyncProperty(geometry, (one) => agrees(pooling(op, one))),
      { numRuns: 100, seed: 2 },
    );
  });
});
