import { expect, test } from 'vitest';
import type { AppError } from '@shared/errors';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { attr, float16Tensor, makeNode } from '../../../src/main/engine/onnx/make';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { toFloat16 } from '../../../src/main/engine/onnx/float16';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { contextFor, images } from './small-networks';
import { applyTo, bytesOf, wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
const apply = (graph: Graph, id: string, params: unknown = {}): Promise<Graph> =>
  applyStep(graph, id, params, contextFor(wholeCard(graph), images(4)));
const messageOf = (graph: Graph, id: string): Promise<string> =>
  apply(graph, id).then(
    () => 'it was applied',
    (thrown: unknown) => (thrown as AppError).message,
  );

/** The float network on bytes, as exporters write it: a Cast comes first. */
function onPixels(): Graph {
  const graph = copyGraph(network);
  for (const node of graph.nodes) node.inputs = node.inputs.map((name) => (name === 'input' ? 'floats' : name));
  graph.nodes.unshift(makeNode('Cast', ['input'], ['floats'], { to: attr.int(1) }));
  graph.inputs[0]!.type = 'uint8';
  return graph;
}

function inHalf(): Graph {
  const graph = copyGraph(network);
  graph.inputs[0]!.type = 'float16';
  graph.outputs[0]!.type = 'float16';
  for (const [name, { shape, data }] of graph.initializers)
    graph.initializers.set(name, float16Tensor(shape, toFloat16(data as Float32Array)));
  return graph;
}

/** As another tool would have written it: nothing in the file says which steps made it. */
const quantized = async (params = {}): Promise<Graph> => {
  const { graph } = await applyTo({ graph: network, reference: network }, { technique: 'quantize.static', params });
  return { ...graph, metadata: {}, producer: 'another tool' };
};

test('a network on raw pixels is called that, and takes steps that need no images', async () => {
  expect(await messageOf(onPixels(), 'quantize.static')).toBe(
    'quantize.static cannot be applied to small: the network takes raw pixels (uint8), where this step needs an input of floats; compress the network it came from, or export it with a float32 input.',
  );
  expect(bytesOf(await apply(onPixels(), 'fp16'))).toBeLessThan(0.6 * bytesOf(onPixels()));
});

test('a float16 network is called that', async () => {
  expect(await messageOf(inHalf(), 'quantize.weights')).toBe(
    'quantize.weights cannot be applied to small: the network computes in half precision, where this step works in float32; compress the float32 network it came from.',
  );
});

test.each([
  ['quantize.static', 'the network is quantized already'],
  ['prune.magnitude', 'the network computes in integers already, where this step works on a float network'],
  ['fp16', 'all weights are in integers already'],
])('a quantized network of another tool is refused by %s as what it is', async (id, detail) => {
  expect(await messageOf(await quantized(), id)).toBe(
    `${id} cannot be applied to small: ${detail}; compress the float32 network it came from.`,
  );
});

test('fp16 halves the float layers of a quantized network and leaves its integers and scales as they are', async () => {
  const before = await quantized({ keepLast: true });
  const after = await apply(before, 'fp16');
  const casts = after.nodes.filter(({ op, attributes }) => op === 'Cast' && attributes['to']?.value === 1);
  expect(casts.some(({ outputs }) => after.nodes.at(-1)!.inputs[1] === outputs[0])).toBe(true);
  const scalesOf = async (graph: Graph): Promise<unknown[]> => {
    const { initializers } = await decodeWeights(graph);
    const dequantizers = graph.nodes.filter(({ op }) => op === 'DequantizeLinear');
    return dequantizers.map(({ inputs }) => inputs.slice(0, 2).map((name) => initializers.get(name)?.data));
  };
  expect(await scalesOf(after)).toEqual(await scalesOf(before));
  expect(bytesOf(after)).toBeLessThan(bytesOf(before));
});

test('few-bit weights keep their bytes through steps that decode the network for other layers', async () => {
  const coded = await apply(network, 'binarize.weights', { keepFirst: true, keepLast: true });
  const both = await apply(coded, 'quantize.dynamic');
  expect(bytesOf(both)).toBeLessThan(1.1 * bytesOf(coded));
  const codes = (graph: Graph): number => graph.nodes.filter(({ op }) => op === 'BitShift').length;
  expect(codes(both)).toBeGreaterThan(0);
});
