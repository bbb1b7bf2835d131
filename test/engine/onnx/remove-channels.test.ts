import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { findChannelGroups, type ChannelGroups } from '../../../src/main/engine/onnx/channel-groups';
import { countMacs } from '../../../src/main/engine/onnx/count';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { maskChannels, removeChannels } from '../../../src/main/engine/onnx/remove-channels';
import { removeDead } from '../../../src/main/engine/onnx/remove-dead';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { noiseTensor } from '../../fixtures/graphs';
import { randomNetwork } from '../../fixtures/random-network';
import { largestDifference, runGraph } from '../../fixtures/run-graph';
import { hasZoo, needsZoo, zooNames, zooPath } from '../../fixtures/zoo';

/** A random part of the removable groups that leaves every tensor a channel. */
function someGroups({ count, isProtected, axes }: ChannelGroups, share: number, seed: number): Set<number> {
  const random = createRandom(seed);
  const removed = new Set<number>();
  const left = axes.map(({ groups }) => groups.length);
  const uses = Array.from({ length: count }, (): number[] => []);
  axes.forEach(({ groups }, axis) => groups.forEach((group) => uses[group]!.push(axis)));
  for (let group = 0; group < count; group++) {
    if (isProtected[group] || random() >= share) continue;
    for (const axis of uses[group]!) left[axis]!--;
    if (uses[group]!.some((axis) => left[axis]! < 1)) for (const axis of uses[group]!) left[axis]!++;
    else removed.add(group);
  }
  return removed;
}

async function compare(graph: Graph, share: number, seed: number): Promise<{ removed: number; smaller: Graph }> {
  const groups = findChannelGroups(graph);
  const removed = someGroups(groups, share, seed);
  const smaller = removeChannels(graph, groups, removed);
  const masked = maskChannels(graph, groups, removed);
  const { name, shape } = graph.inputs[0]!;
  const feeds = {
    [name]: noiseTensor(
      shape.map((size, axis) => (axis === 0 ? 1 : Number(size))),
      seed + 1,
    ),
  };
  const output = graph.outputs[0]!.name;
  const [a, b] = [(await runGraph(smaller, feeds))[output]!, (await runGraph(masked, feeds))[output]!];
  const largest = Math.max(...Array.from(b.data as Float32Array, Math.abs));
  expect(largestDifference(a, b)).toBeLessThan(1e-4 * Math.max(1, largest));
  const inferred = inferShapes(smaller).get(output)!.shape;
  expect(inferred.slice(1)).toEqual(a.shape.slice(1));
  return { removed: removed.size, smaller };
}

describe('removing channel groups', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('equals masking on random network %i', async (seed) => {
    const graph = removeDead(randomNetwork(seed));
    const before = countMacs(graph);
    const { removed, smaller } = await compare(graph, 0.4, seed);
    expect(removed).toBeGreaterThan(0);
    expect(countMacs(smaller)).toBeLessThan(before);
  });

  it.skipIf(!hasZoo).each(zooNames)(`equals masking on %s${needsZoo}`, async (name) => {
    const graph = simplify(await loadModel(zooPath(name)));
    const { removed, smaller } = await compare(graph, 0.3, 7);
    expect(removed).toBeGreaterThan(100);
    expect(countMacs(smaller)).toBeLessThan(0.65 * countMacs(graph));
  });

  it.skipIf(!hasZoo)(`works before batch norms are folded too${needsZoo}`, async () => {
    await compare(await loadModel(zooPath('mobilenetv2')), 0.3, 3);
  });

  it('refuses groups that must stay, and to empty a layer', () => {
    const graph = randomNetwork(1);
    const groups = findChannelGroups(graph);
    expect(() => removeChannels(graph, groups, new Set([groups.isProtected.indexOf(true)]))).toThrow(RangeError);
    const layer = groups.axes.find((axis) => axis.role === 'produces' && !groups.isProtected[axis.groups[0]!])!;
    const all = [...layer.groups].filter((group) => !groups.isProtected[group]);
    expect(all).toHaveLength(layer.groups.length);
    expect(() => removeChannels(graph, groups, new Set(all))).toThrow(/no channel/);
  });
});
