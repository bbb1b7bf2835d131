import { describe, expect, test } from 'vitest';
import { OutputComparison } from '../../../src/main/engine/compression/calibration/output-comparison';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeValue } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { cardFor, contextFor, fingerprintOf, images, NetworkBuilder, runGraph, side } from './small-networks';

const count = 48;
const quantize = (graph: Graph, params: object, context = contextFor(cardFor(graph), images(count))): Promise<Graph> =>
  applyStep(graph, 'quantize.static', { weights: 'tensor', ...params }, context);

/**
 * Four convolutions, of which "bad" alone quantizes terribly: it reads a channel that is always zero with a weight so large that all
 * others of the layer round to nothing.
 */
function networkWithOneBadLayer(): Graph {
  const net = new NetworkBuilder(3);
  const relu = (input: string) => net.node('Relu', [input], `${input}.relu`);
  const first = relu(net.conv('input', 'first', 3, 8, 3));
  const bad = relu(net.conv(first, 'bad', 8, 8, 1));
  const second = relu(net.conv(bad, 'second', 8, 8, 3));
  const third = relu(net.conv(second, 'third', 8, 4, 1));
  const change = (name: string, at: number, value: number): void => {
    const tensor = net.graph.initializers.get(name)!;
    const data = (tensor.data as Float32Array).slice();
    data[at] = value;
    net.graph.initializers.set(name, { ...tensor, data });
  };
  change('first.bias', 0, -30);
  change('bad.weight', 0, 1000);
  const flat = net.node('Flatten', [third], 'flat');
  const weight = net.constant('fc.weight', net.weights([10, 4 * side * side]));
  net.node('Gemm', [flat, weight, net.constant('fc.bias', net.weights([10]))], 'logits', { transB: attr.int(1) });
  net.graph.outputs = [makeValue('logits', 'float32', ['batch', 10])];
  return net.graph;
}

async function agreement(graph: Graph, quantized: Graph): Promise<number> {
  const comparison = new OutputComparison();
  comparison.add(await runGraph(graph, images(count)), await runGraph(quantized, images(count)), count);
  return comparison.result().agreement;
}

describe('maxDrop', () => {
  const graph = networkWithOneBadLayer();

  test('leaves the one layer in float that quantizes terribly, and says so', async () => {
    const context = contextFor(cardFor(graph), images(count));
    const result = await quantize(graph, { maxDrop: 10 }, context);
    expect(await agreement(graph, await quantize(graph, {}))).toBeLessThan(80);
    expect(await agreement(graph, result)).toBeGreaterThanOrEqual(90);
    const note = context.notes.find((sentence) => sentence.startsWith('maxDrop 10:'))!;
    expect(note).toMatch(/ on 9\d\.\d %| on 100\.0 %/);
    expect(note).toMatch(
      /of 48 calibration images with 1 of 5 layers in float \("bad"\), and on \d+\.\d % with none\.$/,
    );
    expect(fingerprintOf({ ...result, metadata: {} })).toBe(
      fingerprintOf({ ...(await quantize(graph, { exclude: ['bad'] })), metadata: {} }),
    );
  });

  test('changes nothing where the whole network keeps the promise', async () => {
    const context = contextFor(cardFor(graph), images(count));
    const [result, plain] = [await quantize(graph, { maxDrop: 99 }, context), await quantize(graph, {})];
    expect(fingerprintOf({ ...result, metadata: {} })).toBe(fingerprintOf({ ...plain, metadata: {} }));
    expect(context.notes.join()).toMatch(/calibration images with every layer in int8\./);
  });

  test('counts layers excluded by name as in float already', async () => {
    const context = contextFor(cardFor(graph), images(count));
    await quantize(graph, { maxDrop: 10, exclude: ['bad'] }, context);
    expect(context.notes.join()).toMatch(/with every layer in int8 but those excluded\./);
  });

  test('fails with a sentence where not even one layer can be quantized', async () => {
    const context = contextFor(cardFor(graph), images(count));
    await expect(
      quantize(graph, { maxDrop: 0, exclude: ['first', 'second', 'third', 'logits'] }, context),
    ).rejects.toThrow(
      /^quantize\.static failed: with one layer in int8 the class still differs .* on \d+\.\d % of 48 calibration images, more than maxDrop 0 allows/,
    );
  });
});
