import { describe, expect, it } from 'vitest';
import { describeGroups, findChannelGroups } from '../../../src/main/engine/onnx/channel-groups';
import type { Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, int64Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { makeGraph, noiseTensor, tinyClassifier } from '../../fixtures/graphs';

/** A network on `[1,2,4,4]` whose last node gives the output. */
function network(nodes: Node[], initializers: Record<string, Tensor>): Graph {
  const last = nodes.at(-1)!.outputs[0]!;
  return makeGraph({
    inputs: [makeValue('x', 'float32', [1, 2, 4, 4])],
    outputs: [makeValue(last, 'float32', [])],
    nodes,
    initializers,
  });
}

const conv = (input: string, weight: string, output: string, group = 1): Node =>
  makeNode('Conv', [input, weight], [output], { group: attr.int(group) });
const filters = (outputs: number, inputs: number, kernel = 1): Tensor => noiseTensor([outputs, inputs, kernel, kernel]);

/** Each group in one line: who makes it > who it passes > who reads it. */
function groupsOf(graph: Graph): string[] {
  const text = (channels: { layer: string; channel: number }[]): string =>
    channels.map(({ layer, channel }) => `${layer}${channel}`).join(' ');
  return [...describeGroups(findChannelGroups(graph)).values()].map(
    ({ producers, passes, consumers }) => `${text(producers)} > ${text(passes)} > ${text(consumers)}`,
  );
}

describe('channel groups', () => {
  it('pass batch norm and activation from one convolution to the next', () => {
    const moments = Object.fromEntries(['g', 'b', 'm', 'v'].map((name) => [name, noiseTensor([2])]));
    const nodes = [
      conv('x', 'wa', 'a'),
      makeNode('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], ['n']),
      makeNode('Relu', ['n'], ['r']),
      conv('r', 'wz', 'z'),
    ];
    expect(groupsOf(network(nodes, { wa: filters(2, 2), wz: filters(3, 2), ...moments }))).toEqual([
      'a0 > n0 r0 > z0',
      'a1 > n1 r1 > z1',
    ]);
  });

  it('tie both branches of a residual sum', () => {
    const nodes = [
      conv('x', 'w1', 'a'),
      conv('a', 'w2', 'b'),
      conv('b', 'w1', 'c'),
      makeNode('Add', ['a', 'c'], ['s']),
      conv('s', 'w3', 'z'),
    ];
    const graph = network(nodes, { w1: filters(2, 2), w2: filters(2, 2), w3: filters(3, 2) });
    expect(groupsOf(graph)).toEqual(['a0 c0 > s0 > b0 z0', 'a1 c1 > s1 > b1 z1', 'b0 >  > c0', 'b1 >  > c1']);
  });

  it('follow concatenation by offset', () => {
    const nodes = [
      conv('x', 'w1', 'a'),
      conv('x', 'w2', 'b'),
      makeNode('Concat', ['a', 'b'], ['j'], { axis: attr.int(-3) }),
      conv('j', 'w3', 'z'),
    ];
    const graph = network(nodes, { w1: filters(1, 2), w2: filters(2, 2), w3: filters(2, 3) });
    expect(groupsOf(graph)).toEqual(['a0 > j0 > z0', 'b0 > j1 > z1', 'b1 > j2 > z2']);
  });

  it('go through a depthwise convolution, with all its outputs of a channel', () => {
    const nodes = [conv('x', 'w1', 'a'), conv('a', 'w2', 'd', 2), conv('d', 'w3', 'z')];
    const graph = network(nodes, { w1: filters(2, 2), w2: filters(4, 1, 3), w3: filters(1, 4) });
    expect(groupsOf(graph)).toEqual(['a0 > d0 d1 > z0 z1', 'a1 > d2 d3 > z2 z3']);
  });

  it('take one channel of each group of a grouped convolution', () => {
    const nodes = [conv('x', 'w1', 'a'), conv('a', 'w2', 'g', 2), conv('g', 'w3', 'z')];
    const graph = network(nodes, { w1: filters(4, 2), w2: filters(4, 2), w3: filters(1, 4) });
    expect(groupsOf(graph)).toEqual(['a0 a2 >  > g0', 'a1 a3 >  > g1', 'g0 g2 >  > z0 z2', 'g1 g3 >  > z1 z3']);
  });

  it('follow the gate of squeeze and excitation', () => {
    const nodes = [
      conv('x', 'w1', 'a'),
      makeNode('GlobalAveragePool', ['a'], ['p']),
      conv('p', 'w2', 's'),
      conv('s', 'w3', 'e'),
      makeNode('Sigmoid', ['e'], ['q']),
      makeNode('Mul', ['a', 'q'], ['m']),
      conv('m', 'w4', 'z'),
    ];
    const graph = network(nodes, { w1: filters(2, 2), w2: filters(1, 2), w3: filters(2, 1), w4: filters(1, 2) });
    expect(groupsOf(graph)).toEqual(['a0 e0 > p0 q0 m0 > s0 z0', 'a1 e1 > p1 q1 m1 > s1 z1', 's0 >  > e0']);
  });

  it('own as many columns of a matrix product as a channel has positions', () => {
    const nodes = [
      conv('x', 'w1', 'a'),
      makeNode('MaxPool', ['a'], ['p'], { kernel_shape: attr.ints([2, 4]) }),
      makeNode('Reshape', ['p', 'target'], ['f']),
      makeNode('MatMul', ['f', 'w2'], ['z']),
    ];
    const target = int64Tensor([2], [-1, 6]);
    const graph = network(nodes, { w1: filters(2, 2), w2: noiseTensor([6, 2]), target });
    expect(groupsOf(graph)).toEqual(['a0 > p0 f0 f1 f2 > z0 z1 z2', 'a1 > p1 f3 f4 f5 > z3 z4 z5']);
  });

  it('stay where an operator has no rule, at inputs and at outputs', () => {
    const weights = { w1: filters(2, 2), w2: filters(2, 2), w3: filters(2, 2) };
    const unknown = [conv('x', 'w1', 'a'), makeNode('LRN', ['a'], ['l'], { size: attr.int(3) }), conv('l', 'w2', 'z')];
    expect(groupsOf(network(unknown, weights))).toEqual([]);
    const foreign = [conv('x', 'w1', 'a'), makeNode('Relu', ['a'], ['r'], {}, 'r', 'other'), conv('r', 'w2', 'z')];
    expect(groupsOf(network(foreign, weights))).toEqual([]);
    const withInput = [conv('x', 'w1', 'a'), makeNode('Add', ['a', 'x'], ['s']), conv('s', 'w2', 'z')];
    expect(groupsOf(network(withInput, weights))).toEqual([]);
    const twoOutputs = network([conv('x', 'w1', 'a'), conv('a', 'w2', 'b'), conv('b', 'w3', 'z')], weights);
    twoOutputs.outputs.push(makeValue('a', 'float32', []));
    expect(groupsOf(twoOutputs)).toEqual(['b0 >  > z0', 'b1 >  > z1']);
  });

  it('leave a map of one channel alone that meets all of them', () => {
    const weights = { w1: filters(1, 2), w2: filters(2, 2), w3: filters(1, 2), c: noiseTensor([1, 2, 4, 4]) };
    const nodes = [
      conv('x', 'w1', 'map'),
      conv('x', 'w2', 'a'),
      makeNode('Mul', ['map', 'a'], ['m']),
      makeNode('Add', ['m', 'c'], ['s']),
      conv('s', 'w3', 'z'),
    ];
    expect(groupsOf(network(nodes, weights))).toEqual(['a0 > m0 s0 > z0', 'a1 > m1 s1 > z1']);
  });

  it('need shape arithmetic to be folded: it sees the channels too', () => {
    expect(groupsOf(tinyClassifier())).toEqual([]);
    expect(groupsOf(simplify(tinyClassifier()))).toHaveLength(4);
  });
});
