import { describe, expect, test } from 'vitest';
import { integerForms } from '../../../src/main/engine/compression/quantization/integer-forms';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { foreignImages } from '../../fixtures/networks/foreign-images';
import type { ForeignNetwork } from '../../fixtures/networks/foreign-network';
import { foreignNetworks } from '../../fixtures/networks/index';
import { foreignContext } from '../../fixtures/networks/outcomes';
import { scoresOf } from '../../fixtures/networks/run-network';
import { optimizedOperators, relativeError } from '../techniques/small-networks';

/** Float32, with a score for each class. */
const floatNetworks = foreignNetworks.filter(({ name }) => !['float16', 'qdq', 'single-score'].includes(name));
const named = (name: string): ForeignNetwork => foreignNetworks.find((network) => network.name === name)!;

const quantize = ({ make, card }: ForeignNetwork, technique: string, params: object = {}): Promise<Graph> =>
  applyStep(make(), technique, params, foreignContext(card, make(), 16));

/** Of the scores of one image with those of another network, over all images. */
function meanCosine(a: number[], b: number[], classes: number): number {
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  const images = a.length / classes;
  let total = 0;
  for (let image = 0; image < images; image++) {
    const [x, y] = [a, b].map((all) => all.slice(image * classes, (image + 1) * classes)) as [number[], number[]];
    total += dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  }
  return total / images;
}

describe('operators with integer kernels', () => {
  test.each(floatNetworks)('$name computes the same in them', async ({ make, card }) => {
    const graph = make();
    const images = foreignImages(card, 4);
    const wanted = await scoresOf(graph, card, images);
    expect(relativeError(await scoresOf(integerForms(simplify(graph)), card, images), wanted)).toBeLessThan(1e-4);
  });

  // Nodes after ONNX Runtime optimized the file; before: 88, 122, 66, 52, 54, 63, 19, 28, 14 and 109, with up to 19 pairs of conversions.
  test.each([
    ['mobilenetv3', 54],
    ['mobilenetv3-by-parts', 51],
    ['efficientnet', 57],
    ['shufflenetv2-split', 40],
    ['shufflenetv2-slice', 40],
    ['densenet', 29],
    ['resnet18-dynamo', 16],
    ['resnet-zoo', 17],
    ['tf2onnx-mobilenet', 13],
    ['pp-lcnet', 37],
  ])('%s is quantized once, dequantized once, in %i nodes', async (name, nodes) => {
    const operators = await optimizedOperators(await quantize(named(name), 'quantize.static'));
    expect(operators).toMatchObject({ QuantizeLinear: 1, DequantizeLinear: 1 });
    expect(Object.values(operators).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(nodes);
  });

  test.each(floatNetworks)('$name answers nearly as before, whatever the profile', async (network) => {
    const { make, card } = network;
    const images = foreignImages(card, 16, 3);
    const wanted = await scoresOf(make(), card, images);
    for (const profile of ['ort', 'tflite', 'tensorrt']) {
      const scores = await scoresOf(await quantize(network, 'quantize.static', { profile }), card, images);
      expect(meanCosine(scores, wanted, card.output.classes), profile).toBeGreaterThan(0.98);
    }
  });
});

/**
 * Mean cosine between quantized and float scores that ONNX Runtime's own quantizer reached: onnxruntime 1.32 for Python, `quant_pre_process` with
 * `skip_symbolic_shape`, then `quantize_static` with QDQ, `per_channel`, QUInt8 activations and QInt8 weights, min-max over the same 16 images one by one, 64 others compared.
 */
const referee: readonly [name: string, cosine: number][] = [
  ['mobilenetv3', 0.99973],
  ['mobilenetv3-by-parts', 0.99933],
  ['efficientnet', 0.99977],
  ['shufflenetv2-split', 0.9997],
  ['densenet', 0.99921],
  ['resnet18-dynamo', 0.99936],
];

test.each(referee)('%s loses no more than with the quantizer of ONNX Runtime', async (name, cosine) => {
  const { make, card } = named(name);
  const images = foreignImages(card, 64, 3);
  const scores = await scoresOf(await quantize(named(name), 'quantize.static'), card, images);
  const own = meanCosine(scores, await scoresOf(make(), card, images), card.output.classes);
  // Below that, processors round differently.
  expect(own).toBeGreaterThan(cosine - 2e-5);
});

describe('integer-only', () => {
  test.each(floatNetworks.filter(({ name }) => !['convnext', 'vision-transformer'].includes(name)))(
    '$name: pixels in, integers out, the order of scores kept',
    async (network) => {
      const { make, card } = network;
      const integer = await quantize(network, 'quantize.integer');
      expect([integer.inputs[0]!.type, integer.outputs[0]!.type]).toEqual(['uint8', 'uint8']);
      const operators = await optimizedOperators(integer);
      expect([operators['QuantizeLinear'], operators['DequantizeLinear']]).toEqual([undefined, undefined]);
      const raw = { ...card, preprocess: { ...card.preprocess, mean: [0, 0, 0], std: [1, 1, 1] } as never };
      const pixels = Uint8Array.from(foreignImages(raw, 16, 3));
      const scores = await scoresOf(integer, card, pixels);
      const float = await scoresOf(make(), card, foreignImages(card, 16, 3));
      const { classes } = card.output;
      const best = (all: number[], image: number): number => {
        const own = all.slice(image * classes, (image + 1) * classes);
        return own.indexOf(Math.max(...own));
      };
      // Integers tie where two classes are within a step of each other.
      for (let image = 0; image < 16; image++) {
        const own = scores.slice(image * classes, (image + 1) * classes);
        expect(Math.max(...own) - own[best(float, image)]!).toBeLessThanOrEqual(8);
      }
    },
  );

  test('what has no integer kernel is named before an image is read', async () => {
    const { make, card } = named('convnext');
    const context = foreignContext(card, make());
    const calibration = {
      count: 8,
      batches: (): never => {
        throw new Error('an image was read');
      },
    };
    await expect(applyStep(make(), 'quantize.integer', {}, { ...context, calibration })).rejects.toThrow(
      /^quantize\.integer cannot be applied to convnext: the node "\/LayerNormalization_2" \(LayerNormalization\) would be computed in float/,
    );
  });
});
