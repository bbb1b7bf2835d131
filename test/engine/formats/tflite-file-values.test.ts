import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { answerOfFile, hasTflite, needsTflite } from '../../fixtures/converted-network';
import { integersFrom, QdqBuilder, type Affine } from '../../fixtures/qdq-builder';
import { runGraph } from '../../fixtures/run-graph';
import { cardFor, contextFor, mixedNetwork, side } from '../techniques/small-networks';

describe(`codes in, codes out${needsTflite}`, () => {
  const valuesOf = ({ graphs: [graph] }: TfliteModel) => ({
    input: graph!.tensors[graph!.inputs[0]!]!,
    output: graph!.tensors[graph!.outputs[0]!]!,
    operators: graph!.operators.map(({ op }) => op),
  });
  const normalisation = { mean: [100, 100, 100], std: [64, 64, 64] };
  /** A convolution, an average and classes, of which the input's codes are the pixels. */
  function network(codes: Affine, kernel = 3, seed = 5): { graph: Graph; net: QdqBuilder } {
    const net = new QdqBuilder([1, 3, 8, 8], seed);
    const pads = new Array<number>(4).fill(kernel >> 1);
    const wide = net.coded(
      net.node('Relu', [
        net.conv(net.coded('input', codes), [3, 8], [kernel, kernel], codes, { pads: attr.ints(pads) }),
      ]),
      [0.05, 0],
    );
    const pooled = net.coded(
      net.node('MaxPool', [wide], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }),
      [0.05, 0],
    );
    const flat = net.coded(net.node('Flatten', [pooled]), [0.05, 0]);
    const weights = net.weights([10, 128]);
    const scores = net.node('Gemm', [flat, weights, net.bias(10, weights, [0.05, 0])], { transB: attr.int(1) });
    return { graph: net.finish(net.coded(scores, [0.8, 120])), net };
  }
  const pixelsOf = (seed: number): Uint8Array => {
    const integer = integersFrom(seed);
    return Uint8Array.from({ length: 192 }, () => integer(0, 255));
  };
  /** `[1,3,8,8]`, from pixels `[8,8,3]`. */
  const normalised = (pixels: Uint8Array, { mean, std }: typeof normalisation): Float32Array =>
    Float32Array.from({ length: 192 }, (_, at) => {
      const channel = Math.floor(at / 64);
      return (pixels[(at % 64) * 3 + channel]! - mean[channel]!) / std[channel]!;
    });
  const scoresOf = async (graph: Graph, image: Float32Array): Promise<number[]> => {
    const result = await runGraph(graph, { input: float32Tensor([1, 3, 8, 8], image) });
    return Array.from(result['scores']!.data as Float32Array);
  };
  const asCodes = (scores: number[], shift: number): number[] =>
    scores.map((score) => Math.round(score / Math.fround(0.8)) + 120 - shift);

  test.skipIf(!hasTflite)('pixels as they are, where the codes of the input are pixels', async () => {
    const { graph } = network([1 / 64, 100]);
    const model = convertGraph(graph, { input: 'uint8', output: 'uint8', normalisation });
    const { input: taken, output: given, operators } = valuesOf(model);
    expect([taken.type, taken.quantization]).toEqual(['UINT8', { scale: [1 / 64], zeroPoint: [100], axis: 0 }]);
    expect([given.type, given.quantization]).toEqual([
      'UINT8',
      { scale: [Math.fround(0.8)], zeroPoint: [120], axis: 0 },
    ]);
    expect(operators).toEqual(['QUANTIZE', 'CONV_2D', 'MAX_POOL_2D', 'RESHAPE', 'CONV_2D', 'QUANTIZE', 'RESHAPE']);
    const pixels = pixelsOf(9);
    const wanted = await scoresOf(graph, normalised(pixels, normalisation));
    expect(await answerOfFile(model, pixels, { xnnpack: true })).toEqual(asCodes(wanted, 0));
  });

  test.skipIf(!hasTflite)('int8 codes as the network has them', async () => {
    const { graph, net } = network([0.02, 120]);
    const model = convertGraph(graph, { input: 'int8', output: 'int8' });
    const { input: taken, output: given, operators } = valuesOf(model);
    expect([taken.type, taken.quantization]).toEqual([
      'INT8',
      { scale: [Math.fround(0.02)], zeroPoint: [-8], axis: 0 },
    ]);
    expect(given.type).toBe('INT8');
    expect(operators).toEqual(['CONV_2D', 'MAX_POOL_2D', 'RESHAPE', 'CONV_2D', 'RESHAPE']);
    const image = net.image([0.02, 120], 192);
    const codes = Int8Array.from(
      { length: 192 },
      (_, at) => Math.round(image[(at % 3) * 64 + Math.floor(at / 3)]! / 0.02) - 8,
    );
    expect(await answerOfFile(model, codes, { xnnpack: true })).toEqual(asCodes(await scoresOf(graph, image), 128));
  });

  test.skipIf(!hasTflite).each([
    ['a standard deviation for each channel', { mean: [128, 128, 128], std: [58, 57, 60] }, ['QUANTIZE', 'CONV_2D']],
    [
      'means far apart: each channel is padded with its own',
      { mean: [124, 116, 80], std: [58, 57, 60] },
      ['QUANTIZE', 'SPLIT', 'PADV2', 'PADV2', 'PADV2', 'CONCATENATION', 'CONV_2D'],
    ],
    ['a mean between two levels', { mean: [127.5, 127.5, 127.5], std: [60, 60, 60] }, ['QUANTIZE', 'CONV_2D']],
  ])('%s', async (_name, norm, operators) => {
    const { graph } = network([0.018, 124]);
    const model = convertGraph(graph, { input: 'uint8', output: 'float32', normalisation: norm });
    expect(valuesOf(model).operators.slice(0, operators.length)).toEqual(operators);
    const pixels = pixelsOf(4);
    const wanted = await scoresOf(graph, normalised(pixels, norm));
    const own = await answerOfFile(model, pixels, { xnnpack: true });
    // Of a range of 200.
    own.forEach((score, at) => expect(Math.abs(score - wanted[at]!)).toBeLessThan(4));
  });

  test.skipIf(!hasTflite)('a network in floats normalises pixels itself', async () => {
    const { graph } = network([1 / 64, 100]);
    const float: Graph = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, inputs: [...node.inputs] })) };
    const first = float.nodes.findIndex(({ op }) => op === 'Conv');
    float.nodes[first]!.inputs[0] = 'input';
    const model = convertGraph(float, { input: 'uint8', output: 'float32', normalisation });
    expect(valuesOf(model).operators.slice(0, 3)).toEqual(['DEQUANTIZE', 'MUL', 'ADD']);
    const pixels = pixelsOf(2);
    const wanted = await scoresOf(float, normalised(pixels, normalisation));
    const own = await answerOfFile(model, pixels, { xnnpack: false });
    own.forEach((score, at) => expect(Math.abs(score - wanted[at]!)).toBeLessThan(1.7));
  });

  test('what is not quantized gives no codes', () => {
    const net = new QdqBuilder([1, 3, 8, 8]);
    const graph = net.finish(net.node('Relu', ['input']));
    for (const [values, sentence] of [
      [{ input: 'float32', output: 'int8' }, 'int8 scores: its output "scores" is computed in floats'],
      [{ input: 'int8', output: 'float32' }, 'int8 input: its first operator computes in floats'],
      [{ input: 'uint8', output: 'float32' }, 'uint8 input: nothing says how it normalises pixels'],
    ] as const)
      expect(() => convertGraph(graph, values)).toThrow(`qdq cannot become a .tflite file with ${sentence}.`);
  });

  test.skipIf(!hasTflite)('an integer-only network keeps its pixels and its scores', async () => {
    const source = mixedNetwork();
    const card = {
      ...cardFor(source),
      preprocess: { ...cardFor(source).preprocess, mean: [120, 110, 100], std: [64, 60, 62] },
    };
    const context = { ...contextFor(card as never), reference: () => Promise.resolve(source) };
    const graph = decodeWeights(await applyStep(source, 'quantize.integer', {}, context));
    const model = convertGraph(await graph);
    const { input: taken, output: given } = valuesOf(model);
    expect([taken.type, given.type]).toEqual(['UINT8', 'UINT8']);
    const integer = integersFrom(3);
    const pixels = Uint8Array.from({ length: 3 * side * side }, () => integer(0, 255));
    const planes = Uint8Array.from(
      { length: pixels.length },
      (_, at) => pixels[(at % (side * side)) * 3 + Math.floor(at / (side * side))]!,
    );
    const wanted = (await runGraph(await graph, { input: uint8Tensor([1, 3, side, side], planes) }))['logits']!
      .data as Uint8Array;
    const own = await answerOfFile(model, pixels, { xnnpack: true });
    own.forEach((score, at) => expect(Math.abs(score - wanted[at]!)).toBeLessThanOrEqual(1));
  });
});
