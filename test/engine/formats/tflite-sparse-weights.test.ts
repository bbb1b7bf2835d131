import { describe, expect, it } from 'vitest';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { withSparseWeights } from '../../../src/main/engine/formats/tflite/convert/sparse-weights';
import { storedWeights } from '../../../src/main/engine/formats/tflite/convert/stored-weights';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { nonZeroCount } from '../../../src/main/engine/formats/tflite/non-zero';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { weightedOperators } from '../../../src/main/engine/formats/tflite/weighted-operators';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { litert } from '../../../src/main/engine/runtimes/litert';
import { litertLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { compressed, scoresOf } from '../../fixtures/compressed-network';
import { needs } from '../../fixtures/native-library';

const converted = async (recipe: string): Promise<TfliteModel> =>
  convertGraph(await storedWeights(await compressed(recipe)));

const sparseLayers = ({ graphs }: TfliteModel): number =>
  weightedOperators(graphs[0]!).filter(({ stored }) => stored?.isSparse).length;

const runtimes = [
  { runtime: tflite, library: tfliteLibrary, options: { xnnpack: true } },
  { runtime: tflite, library: tfliteLibrary, options: { xnnpack: false } },
  { runtime: litert, library: litertLibrary, options: undefined },
];

describe.each(['prune.magnitude{amount:0.8}', 'prune.magnitude{amount:0.8} | fp16'])('weights after %s', (recipe) => {
  it('are stored without their zeros where that is smaller', async () => {
    const model = await converted(recipe);
    const sparse = withSparseWeights(model);
    const [denseBytes, sparseBytes] = [model, sparse].map((each) => writeTflite(each).length);
    expect(sparseLayers(sparse)).toBeGreaterThan(4);
    expect(sparseBytes! / denseBytes!).toBeLessThan(recipe.includes('fp16') ? 0.7 : 0.5);
    const again = readTflite(writeTflite(sparse));
    expect(sparseLayers(again)).toBe(sparseLayers(sparse));
    const nonZero = (each: TfliteModel): number[] =>
      weightedOperators(each.graphs[0]!).map(({ stored }) => nonZeroCount(stored!));
    expect(nonZero(again)).toEqual(nonZero(model));
  });

  for (const { runtime, library, options } of runtimes) {
    const { isHere, title } = needs(library);
    const how = options ? ` with xnnpack ${options.xnnpack}` : '';
    it.skipIf(!isHere)(`answer as dense ones do in ${runtime.title}${how}${title}`, async () => {
      const model = await converted(recipe);
      const [dense, sparse] = [
        await scoresOf(runtime, model, options),
        await scoresOf(runtime, withSparseWeights(model), options),
      ];
      const peak = Math.max(...dense.map(Math.abs));
      expect(Math.max(...dense.map((score, index) => Math.abs(score - sparse[index]!))) / peak).toBeLessThan(1e-4);
    });
  }
});

it('stay as they are where zeros are few, and where they are codes', async () => {
  for (const recipe of ['prune.magnitude{amount:0.1}', 'quantize.weights{bits:8, rounding:nearest}']) {
    const model = await converted(recipe);
    expect(sparseLayers(withSparseWeights(model))).toBe(0);
    expect(writeTflite(withSparseWeights(model))).toEqual(writeTflite(model));
  }
});
