import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { estimateEdgeTpu } from '../../../src/main/engine/formats/edgetpu/estimate';
import { denseLayer, inceptionV1, mobilenetV1, mobilenetV2, resnet50 } from '../../fixtures/coral/layered-network';

const KiB = 1024;
const MiB = 1024 ** 2;

describe('estimateEdgeTpu beside what the compiler said', () => {
  /**
   * Weights: used and streamed together; memory: used and remaining together, or "available" of versions to 2.0.
   * Percent by which the estimate may be off: as near as it is, rounded up, so that a change of the formula is seen.
   */
  it.each<[string, TfliteModel, number, number | undefined, number, number]>([
    // The weights in the custom operator of the compiled file of google-coral/test_data.
    ['MobileNet v1 0.25 128', mobilenetV1(0.25, 128), 566_912, undefined, 3, 0],
    // Vengineer, "What Google EdgeTPU and TensorFlow Lite do" (2019), compiler 1.0.249710469.
    ['MobileNet v2 1.0 224', mobilenetV2(), 3.75 * MiB, 6.53 * MiB, 2.5, 0.5],
    ['Inception v1 224', inceptionV1(), 6.53 * MiB + 182.19 * KiB, 6.991 * MiB, 2.5, 0.5],
    // A tutorial's log of resnet50.tflite, compiler 2.0.291256449.
    ['ResNet-50 224', resnet50(), (6.25 + 18.43) * MiB, 6.25 * MiB, 0.5, 0.5],
    // Experiments with single layers, compiler 16.0.384591198.
    ['a layer of 256 x 256', denseLayer(256), 66 * KiB, 7.67 * MiB + 66 * KiB, 3.1, 3],
    ['a layer of 8192 x 8192', denseLayer(8192), 64 * MiB, 7.88 * MiB, 0.3, 1],
  ])('%s', (_network, model, parameterBytes, cacheBytes, parameterPercent, cachePercent) => {
    const estimate = estimateEdgeTpu(model);
    expect(estimate.onCpu).toBe(0);
    const off = (found: number, published: number): number => Math.abs(100 * (found / published - 1));
    expect(off(estimate.parameterBytes, parameterBytes)).toBeLessThanOrEqual(parameterPercent);
    if (cacheBytes !== undefined) expect(off(estimate.cacheBytes, cacheBytes)).toBeLessThanOrEqual(cachePercent);
  });

  it('tells what will stream: ResNet-50 does, MobileNet v2 does not', () => {
    const { streamedBytes } = estimateEdgeTpu(resnet50());
    expect(Math.abs(streamedBytes / (18.43 * MiB) - 1)).toBeLessThan(0.01);
    expect(estimateEdgeTpu(mobilenetV2()).streamedBytes).toBe(0);
  });
});

describe.skipIf(!hasTfliteFiles)(`estimateEdgeTpu of files that others made${needsTfliteFiles}`, () => {
  const estimateOf = (name: Parameters<typeof tfliteFilePath>[0]) => {
    const path = tfliteFilePath(name);
    return estimateEdgeTpu(readTflite(readFileSync(path), path));
  };

  it.each([
    ['mobilenet_v1_0.25_128_quant.tflite', mobilenetV1(0.25, 128)],
    ['mobilenet_v2_1.0_224_quant.tflite', mobilenetV2()],
  ] as const)('%s takes as many bytes as the network of its sizes', (name, model) => {
    const { parameterBytes, cacheBytes, onCpu } = estimateOf(name);
    const expected = estimateEdgeTpu(model);
    expect({ parameterBytes, cacheBytes, onCpu }).toEqual({
      parameterBytes: expected.parameterBytes,
      cacheBytes: expected.cacheBytes,
      onCpu: 0,
    });
  });

  it('maps all of a network that was quantized after training', () => {
    const { operators } = estimateOf('tf2_mobilenet_v2_1.0_224_ptq.tflite');
    expect(operators.filter(({ mapped }) => !mapped)).toEqual([]);
  });
});
