import { describe, expect, it } from 'vitest';
import { keptText, laneText, noLanesText, type ChannelMap } from '@shared/channel-groups';
import { channelsText } from '../../../src/cli/channels-text';
import { channelMap } from '../../../src/main/engine/onnx/channel-map';
import type { Graph, Node, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';

const conv = (input: string, output: string, group = 1): Node =>
  makeNode('Conv', [input, `${output}.w`, `${output}.b`], [output], { group: attr.int(group) });
const weights = (name: string, outputs: number, inputs: number): Record<string, Tensor> => ({
  [`${name}.w`]: noiseTensor([outputs, inputs, 1, 1]),
  [`${name}.b`]: noiseTensor([outputs]),
});
function network(nodes: Node[], ...layers: Record<string, Tensor>[]): Graph {
  return makeGraph({
    inputs: [makeValue('x', 'float32', [1, 3, 4, 4])],
    outputs: [makeValue(nodes.at(-1)!.outputs[0]!, 'float32', [])],
    nodes,
    initializers: Object.assign({}, ...layers) as Record<string, Tensor>,
  });
}
/** A line for each lane: its text | its members | why it stays. */
const linesOf = (map: ChannelMap): string[] =>
  map.lanes.map((lane) => {
    const members = lane.members.map(({ layer, role }) => `${map.layers[layer]!.name} ${role}`).join(', ');
    return [laneText(map, lane), members, keptText(lane) ?? ''].join(' | ');
  });

describe('the map of channels', () => {
  it('has one lane for both branches of a residual sum, and says what is protected', () => {
    const nodes = [
      conv('x', 'stem'),
      conv('stem', 'widen'),
      makeNode('Relu', ['widen'], ['r']),
      conv('r', 'narrow'),
      makeNode('Add', ['stem', 'narrow'], ['sum'], {}, 'sum'),
      conv('sum', 'head'),
    ].map((node) => ({ ...node, name: node.outputs[0]! }));
    const map = channelMap(
      network(nodes, weights('stem', 4, 3), weights('widen', 6, 4), weights('narrow', 4, 6), weights('head', 5, 4)),
    );
    expect(map.layers.map(({ name, op, width }) => `${name} ${op} ${width}`)).toEqual([
      'stem Conv 4',
      'widen Conv 6',
      'narrow Conv 4',
      'sum Add 4',
      'head Conv 5',
    ]);
    expect(linesOf(map)).toEqual([
      '3 channels, 1 layer | stem reads | network input',
      '4 channels, 4 layers, coupled by 1 residual sum | stem makes, widen reads, narrow makes, sum passes, head reads | ',
      '6 channels, 2 layers | widen makes, narrow reads | ',
      '5 channels, 1 layer | head makes | network output',
    ]);
  });

  it('goes on through a depthwise convolution, and counts groups where a convolution has several', () => {
    const nodes = [conv('x', 'a'), conv('a', 'd', 4), conv('d', 'g', 2), conv('g', 'z')].map((node) => ({
      ...node,
      name: node.outputs[0]!,
    }));
    const map = channelMap(
      network(nodes, weights('a', 4, 3), weights('d', 4, 1), weights('g', 6, 2), weights('z', 2, 6)),
    );
    expect(map.layers.map(({ isDepthwise }) => isDepthwise)).toEqual([false, true, false, false]);
    expect(linesOf(map).slice(1, 3)).toEqual([
      '4 channels in 2 groups, 3 layers, coupled by 1 depthwise convolution | a makes, d passes, g reads | ',
      '6 channels in 3 groups, 2 layers | g makes, z reads | ',
    ]);
  });

  it('names the operator that nobody knows', () => {
    const nodes = [conv('x', 'a'), makeNode('LRN', ['a'], ['l'], { size: attr.int(3) }), conv('l', 'z')];
    const map = channelMap(network(nodes, weights('a', 4, 3), weights('z', 2, 4)));
    expect(map.lanes.map(keptText)).toEqual(['network input', 'read by LRN', 'network output']);
  });

  it('has a lane for each part of a concatenation', () => {
    const nodes = [
      conv('x', 'a'),
      conv('x', 'b'),
      makeNode('Concat', ['a', 'b'], ['j'], { axis: attr.int(1) }),
      conv('j', 'z'),
    ].map((node) => ({ ...node, name: node.outputs[0]! }));
    const map = channelMap(network(nodes, weights('a', 2, 3), weights('b', 5, 3), weights('z', 2, 7)));
    expect(linesOf(map).slice(1, 3)).toEqual([
      '2 channels, 2 layers | a makes, j passes, z reads | ',
      '5 channels, 2 layers | b makes, j passes, z reads | ',
    ]);
  });

  it('says what to do where no channel can be followed', () => {
    const coded = network([makeNode('Cast', ['code'], ['a.w'], { to: attr.int(1) }), conv('x', 'a')], {
      code: noiseTensor([4, 3, 1, 1]),
      'a.b': noiseTensor([4]),
    });
    const map = channelMap(coded);
    expect(map.lanes).toEqual([]);
    expect(channelsText(map)).toBe(`${noLanesText}\n`);
  });
});
