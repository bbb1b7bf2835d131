import { describe, expect, test } from 'vitest';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { hasTflite, needsTflite, runAsTflite } from '../../fixtures/converted-network';
import { foreignImages } from '../../fixtures/networks/foreign-images';
import { foreignNetworks } from '../../fixtures/networks/index';
import { foreignContext } from '../../fixtures/networks/outcomes';
import { scoresOf } from '../../fixtures/networks/run-network';
import { cardFor, contextFor, images, mixedNetwork, relativeError, runGraph, side } from '../techniques/small-networks';

describe(`networks${needsTflite}`, () => {
  const perImage = 3 * side * side;
  /** The share of equal codes and the largest difference, with XNNPACK, over some images. */
  async function agreement(graph: Graph): Promise<{ equal: number; apart: number }> {
    const data = images(8);
    const wanted = await runGraph(graph, data);
    const model = convertGraph(graph).graphs[0]!;
    const scale =
      model.tensors[model.operators.findLast(({ op }) => op === 'DEQUANTIZE')!.inputs[0]!]!.quantization!.scale[0]!;
    const apart: number[] = [];
    for (let image = 0; image < 8; image++) {
      const tensor = float32Tensor([1, 3, side, side], data.subarray(image * perImage, (image + 1) * perImage));
      const own = (await runAsTflite(graph, tensor, { xnnpack: true }))['logits']!.data as Float32Array;
      apart.push(...Array.from(own, (value, at) => Math.abs(Math.round((value - wanted[image * 10 + at]!) / scale))));
    }
    return { equal: apart.filter((each) => each === 0).length / apart.length, apart: Math.max(...apart) };
  }
  const quantized = async (step: string, params: object): Promise<Graph> => {
    const network = mixedNetwork();
    const context = { ...contextFor(cardFor(network)), reference: () => Promise.resolve(network) };
    return decodeWeights(await applyStep(network, step, params, context));
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

  test.skipIf(!hasTflite)('activations in few bits: their codes end before those of int8', async () => {
    const bits = { weightBits: 4, activationBits: 5 };
    const found = await agreement(await quantized('quantize.aware', { ...bits, profile: 'tflite', iterations: 1 }));
    expect(found.equal).toBeGreaterThanOrEqual(0.9);
    expect(found.apart).toBeLessThanOrEqual(8);
  });

  test.skipIf(!hasTflite)('no zero point of weights but 0 has a kernel', async () => {
    const graph = await quantized('quantize.static', { weightScheme: 'asymmetric', weights: 'tensor' });
    expect(() => convertGraph(graph)).toThrow(/it has no counterpart of Conv with weights whose zero point is not 0/);
  });
});

describe(`networks of other makers, profile tflite${needsTflite}`, () => {
  /** In floats where the plan leaves them so: layer normalisation, products of two values, a scale for each pixel. */
  const islands = ['convnext', 'vision-transformer'];
  const networks = foreignNetworks.filter(({ name }) => !['float16', 'single-score', 'raw-levels'].includes(name));

  test.skipIf(!hasTflite).each(networks)('$name answers as in ONNX Runtime', async ({ name, make, card }) => {
    const source = make();
    const graph =
      name === 'qdq'
        ? source
        : await applyStep(source, 'quantize.static', { profile: 'tflite' }, foreignContext(card, make(), 16));
    const plain = await decodeWeights(graph);
    const operators = convertGraph(plain).graphs[0]!.operators.map(({ op }) => op);
    if (!islands.includes(name)) expect(operators.filter((op) => op === 'DEQUANTIZE')).toHaveLength(1);
    const images = foreignImages(card, 4, 3);
    const wanted = await scoresOf(graph, card, images);
    const { height, width, layout } = card.input;
    const shape = layout === 'NHWC' ? [1, height, width, 3] : [1, 3, height, width];
    const size = 3 * height * width;
    const own: number[] = [];
    for (let image = 0; image < 4; image++) {
      const tensor = float32Tensor(shape, images.slice(image * size, (image + 1) * size));
      const [answer] = Object.values(await runAsTflite(plain, tensor, { xnnpack: true }));
      own.push(...Array.from(answer!.data as ArrayLike<number>, Number));
    }
    // Of probabilities a code is 1/256.
    expect(relativeError(own, wanted)).toBeLessThan(0.06);
  });
});
