import { AppError } from '@shared/errors';
import { copyGraph, type Graph, type Node } from '../../../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../../../onnx/graph-index';
import { makeNode } from '../../../../onnx/make';
import { FreshNames } from '../../../../onnx/fresh-names';
import type { Codes } from './codes';
import type { IntegerNetwork } from './integer-network';
import { foldPixels } from './fold-pixels';
import { normalisePixels, type PixelNormalisation } from './normalise-pixels';

/** What a file takes and gives: numbers, or codes of 8 bits. As uint8, an image is its pixels from 0 to 255, and the file normalises them. */
export interface FileValues {
  input: 'float32' | 'uint8' | 'int8';
  output: 'float32' | 'uint8' | 'int8';
  /** How the network wants pixels to be; needed for uint8. */
  normalisation?: PixelNormalisation;
}

/** Give the same numbers in another shape or order. */
const passing = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Sum', 'Transpose', 'Unsqueeze']);
const passes = ({ op, domain, inputs }: Node): boolean =>
  domain === '' && passing.has(op) && (op !== 'Sum' || inputs.length === 1);

/** The name of the codes that an input is turned into first, whatever its shape is then. */
function codesOfInput(name: string, index: GraphIndex): string | undefined {
  const reader = index.soleConsumer(name);
  if (reader?.op === 'QuantizeLinear') return reader.outputs[0];
  return reader && passes(reader) && reader.inputs[0] === name ? codesOfInput(reader.outputs[0]!, index) : undefined;
}

/** The value that the last DequantizeLinear gives to an output. */
function dequantizedFor(name: string, index: GraphIndex): Node | undefined {
  const producer = index.producer(name);
  if (producer?.op === 'DequantizeLinear') return producer;
  if (!producer || !passes(producer)) return undefined;
  const [before] = producer.inputs as [string];
  return index.soleConsumer(before) === producer ? dequantizedFor(before, index) : undefined;
}

const asUint8 = ({ quantization }: Codes) => ({
  type: 'UINT8' as const,
  quantization: { ...quantization, zeroPoint: [quantization.zeroPoint[0]! + 128] },
});

function refusal(graph: Graph, type: string, side: string, detail: string): AppError {
  return new AppError('format.no-codes', { path: graph.origin ?? graph.name, format: 'tflite', type, side, detail });
}

/**
 * The network with an input and outputs as wanted. The normalisation of uint8 pixels becomes part of the first convolution where that computes in integers,
 * else it is computed in floats. A network that takes or gives integers itself goes on doing so.
 * Throws `format.no-codes` where a value is not quantized.
 */
export function withFileValues(network: IntegerNetwork, wanted: FileValues, layout: 'NCHW' | 'NHWC'): IntegerNetwork {
  const taking = wanted.input === 'float32' ? network : withInput(network, wanted, layout);
  return withOutputs(taking, wanted.output);
}

function withInput(network: IntegerNetwork, wanted: FileValues, layout: 'NCHW' | 'NHWC'): IntegerNetwork {
  const { graph } = network;
  const [input] = graph.inputs;
  if (!input || input.type !== 'float32') return network;
  const codes = codesOfInput(input.name, indexGraph(graph));
  if (wanted.input === 'int8') {
    const known = codes === undefined ? undefined : network.types.get(codes);
    if (!known) throw refusal(graph, 'int8', 'input', 'its first operator computes in floats');
    return { graph, types: new Map([...network.types, [input.name, known]]) };
  }
  const channels = Number(input.shape[layout === 'NCHW' ? 1 : 3]);
  const { mean = [], std = [] } = wanted.normalisation ?? {};
  if (!(mean.length >= channels && std.length >= channels))
    throw refusal(graph, 'uint8', 'input', 'nothing says how it normalises pixels');
  const normalisation = { mean: mean.slice(0, channels), std: std.slice(0, channels) };
  return (
    (codes === undefined ? undefined : foldPixels(network, codes, normalisation)) ??
    normalisePixels(network, normalisation, layout)
  );
}

function withOutputs(network: IntegerNetwork, wanted: FileValues['output']): IntegerNetwork {
  const graph = copyGraph(network.graph);
  const types = new Map(network.types);
  const index = indexGraph(graph);
  const names = new FreshNames(graph);
  for (const { name, type } of graph.outputs) {
    const own = network.types.get(name) as Codes | undefined;
    if (own) {
      if (wanted === 'int8' || (wanted === 'float32' && type === 'int8')) continue;
      // What computes the codes goes on giving int8.
      const inner = names.like(`${name}_codes`);
      const producer = index.producer(name)!;
      producer.outputs = producer.outputs.map((output) => (output === name ? inner : output));
      for (const node of graph.nodes) node.inputs = node.inputs.map((read) => (read === name ? inner : read));
      graph.nodes.push(makeNode('Identity', [inner], [name], {}, name));
      types.set(inner, own).set(name, asUint8(own));
      continue;
    }
    if (wanted === 'float32') continue;
    const last = dequantizedFor(name, index);
    const codes = last && (network.types.get(last.inputs[0]!) as Codes | undefined);
    if (!codes) throw refusal(graph, wanted, 'scores', `its output "${name}" is computed in floats`);
    types.set(last.outputs[0]!, wanted === 'int8' ? codes : asUint8(codes));
  }
  return { graph, types };
}
