import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentEstimate } from '../../../src/main/engine/deployment-estimate';
import { findFormat } from '../../../src/main/engine/formats/registry';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { cardFor, contextFor, mixedNetwork } from '../techniques/small-networks';

const starterFolder = resolve(import.meta.dirname, '..', '..', '..', 'resources', 'starter', 'models');
const estimate = (recipe: unknown, ...models: string[]): Promise<string | undefined> =>
  deploymentEstimate({ recipe, format: 'edgetpu', models }, starterFolder);

describe('what a chip will make of networks after a recipe', () => {
  it('is said of each network, with figures that are upper bounds where the recipe takes something away', async () => {
    const text = await estimate(['quantize.static'], 'resnet-starter', 'mobilenetv2-starter');
    expect(text).toMatch(
      /^Estimate for the chip: resnet-starter: .*\d operators on the Edge TPU.*, 0\.\d MB of weights for about \d\.\d MB on the chip; mobilenetv2-starter: .*\.$/,
    );
    const smaller = [{ 'prune.channels': { macs: [0.9, 0.8] } }, 'quantize.static'];
    await expect(estimate(smaller, 'resnet-starter')).resolves.toMatch(/at most 0\.\d MB of weights/);
  });

  it.each([[[]], [['fp16']], [['quantize.dynamic']], [['quantize.weights']]])(
    'is nothing where floats flow: %j',
    async (recipe) => {
      await expect(estimate(recipe, 'resnet-starter')).resolves.toMatch(
        /^Estimate for the chip: it computes in floats/,
      );
    },
  );

  it('is nothing at all where there is nothing to say it of, and what is wrong where something is', async () => {
    await expect(estimate(['quantize.static'])).resolves.toBeUndefined();
    const other = { recipe: [], format: 'tflite', models: ['resnet-starter'] };
    await expect(deploymentEstimate(other, starterFolder)).resolves.toBeUndefined();
    await expect(estimate(['nonesuch'], 'resnet-starter')).rejects.toMatchObject({ code: 'technique.unknown' });
    await expect(estimate([], 'nonesuch')).rejects.toMatchObject({ code: 'model.not-found' });
  });
});

describe('the estimate of a float network', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'whittle-estimate-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('takes as many bytes on the chip as the network that was quantized', async () => {
    const network = mixedNetwork();
    const card = cardFor(network);
    const of = async (name: string, graph: Graph) => {
      const path = join(folder, `${name}.onnx`);
      await saveModel(graph, path);
      return findFormat('edgetpu').estimate!(path, card);
    };
    const params = { profile: 'tflite', weights: 'tensor' };
    const quantized = await of('codes', await applyStep(network, 'quantize.static', params, contextFor(card)));
    const floats = await of('floats', network);
    expect([floats.isQuantized, quantized.isQuantized]).toEqual([false, true]);
    expect(floats.chip.parameterBytes).toBeGreaterThan(0);
    expect(floats.chip.parameterBytes).toBe(quantized.chip.parameterBytes);
  });
});
