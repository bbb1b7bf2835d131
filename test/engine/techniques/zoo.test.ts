import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { modelCardSchema } from '@shared/model-card';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { contextFor, numbersFrom, optimizedOperators } from './small-networks';

const zoo = resolve(process.env['WHITTLE_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'zoo');
const isMissing = !existsSync(zoo);
const reason = isMissing ? ` (skipped: ${zoo} is missing)` : '';

/** Files people wrote by hand, for the same numbers: int8 per channel. */
const networks = [
  { name: 'squeezenet1.1', int8Bytes: 1_332_452, kernels: { QLinearConv: 26, NhwcMaxPool: 3, QLinearConcat: 8 } },
  { name: 'mobilenetv2', int8Bytes: 3_840_133, kernels: { QLinearConv: 52, QLinearAdd: 10, QGemm: 1 } },
  { name: 'resnet50', int8Bytes: 26_052_994, kernels: { QLinearConv: 53, QLinearAdd: 16, NhwcMaxPool: 1, QGemm: 1 } },
];

describe(`the three networks${reason}`, () => {
  test.skipIf(isMissing).each(networks)('$name', async ({ name, int8Bytes, kernels }) => {
    const path = resolve(zoo, `${name}.onnx`);
    const card = modelCardSchema.parse(JSON.parse(readFileSync(resolve(zoo, `${name}.card.json`), 'utf8')));
    const network = await loadModel(path);
    const random = numbersFrom(1);
    // Which kernels run does not depend on what the images show.
    const pictures = Float32Array.from({ length: 2 * 3 * 224 * 224 }, () => random() * 2 - 1);
    const context = contextFor(card, pictures, [3, 224, 224]);

    const int8 = await applyStep(network, 'quantize.static', {}, context);
    expect(encodeModel(int8).length).toBeLessThanOrEqual(int8Bytes);
    const pruned = await applyStep(network, 'prune.magnitude', { amount: 0.5 }, context);
    expect(encodeModel(pruned).length / statSync(path).size).toBeLessThan(0.62);
    const both = await applyStep(pruned, 'quantize.static', {}, context);
    expect(encodeModel(both).length / encodeModel(int8).length).toBeLessThan(0.8);
    const half = await applyStep(network, 'fp16', {}, context);
    expect(encodeModel(half).length / statSync(path).size).toBeLessThan(0.51);

    for (const graph of [int8, both]) {
      const operators = await optimizedOperators(graph);
      expect(operators).toMatchObject({ ...kernels, QuantizeLinear: 1, DequantizeLinear: 1 });
      const integerOnly = /^(QuantizeLinear|DequantizeLinear|QLinear\w+|NhwcMaxPool|QGemm|Transpose|Flatten|Reshape)$/;
      expect(Object.keys(operators).filter((op) => !integerOnly.test(op))).toEqual([]);
    }
  });
});
