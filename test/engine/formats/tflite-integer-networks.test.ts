import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { hasTflite, needsTflite, runAsTflite } from '../../fixtures/run-tflite';
import { cardFor, contextFor, images, mixedNetwork, runGraph, side } from '../techniques/small-networks';

describe(`networks${needsTflite}`, () => {
  const perImage = 3 * side * side;
  /** The share of equal codes and the largest difference, with XNNPACK, over some images. */
  async function agreement(graph: Graph): Promise<{ equal: number; apart: number }> {
    const data = images(8);
    const wanted = await runGraph(graph, data);
    const model = convertGraph(graph).graphs[0]!;
    const scale =
      model.tensors[model.operators.findLast(({ op }) => op === 'DEQUANTIZE')!.inputs[0]!]!.quantization!.scale[0]!;
    const apart = Array.from({ length: 8 }, (_, image) => {
      const tensor = float32Tensor([1, 3, side, side], data.subarray(image * perImage, (image + 1) * perImage));
      const own = runAsTflite(graph, tensor, true)['logits']!;
      return Array.from(own, (value, at) => Math.abs(Math.round((value - wanted[image * 10 + at]!) / scale)));
    }).flat();
    return { equal: apart.filter((each) => each === 0).length / apart.length, apart: Math.max(...apart) };
  }
  const quantized = async (step: string, params: object): Promise<Graph> => {
    const network = mixedNetwork();
    return decodeWeights(await applyStep(network, step, params, contextFor(cardFor(network))));
  };

  test.skipIf(!hasTflite).each([
    ['profile tflite', { profile: 'tflite' }, 1, 0],
    ['one weight scale a layer', { profile: 'tflite', weights: 'tensor' }, 0.95, 1],
    ['profile ort: members are given the scale of their concatenation', {}, 0.6, 1],
    ['operators on codes', { format: 'qoperator' }, 0.6, 1],
    ['a layer in floats', { profile: 'tflite', exclude: ['mix'] }, 0.9, 1],
    ['layers of one kind in floats', { profile: 'tflite', excludeTypes: ['Add'] }, 0.9, 1],
  ])('%s', async (_name, params, equal, apart) => {
    const found = await agreement(await quantized('quantize.static', params));
    expect(found.equal).toBeGreaterThanOrEqual(equal);
    expect(found.apart).toBeLessThanOrEqual(apart);
  });

  test.skipIf(!hasTflite)('no zero point of weights but 0 has a kernel', async () => {
    const graph = await quantized('quantize.static', { weightScheme: 'asymmetric', weights: 'tensor' });
    expect(() => convertGraph(graph)).toThrow(/it has no counterpart of Conv with weights whose zero point is not 0/);
  });
});
