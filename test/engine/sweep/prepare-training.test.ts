import { expect, test } from 'vitest';
import { sweepFileSchema } from '@shared/sweep-file';
import { prepareSweep, type PreparedSweep } from '../../../src/main/engine/sweep/prepare-sweep';
import { around } from '../../unit/sweep/sweeps';
import { writeModel } from '../cli/laboratory';
import { temporaryFolder, writeTree } from '../dataset/photographs';

test('a sweep says which training images it leaves out, and how many it has', async () => {
  const modelFolder = temporaryFolder();
  writeModel(modelFolder, 'net');
  const cacheFolder = temporaryFolder();
  const tree = (contents: number[]): Promise<string> =>
    writeTree(temporaryFolder(), Object.fromEntries(contents.map((content) => [`${content}.jpg`, content])));
  const prepare = async (trainPath: string): Promise<PreparedSweep> => {
    const dataset = { path: await tree([1, 2, 3]), calibration: 0, trainPath };
    const sweep = sweepFileSchema.parse({ models: ['net'], dataset, recipes: { baseline: [] } });
    const versions = { whittle: '1', onnxruntime: around.onnxruntime };
    return prepareSweep(sweep, { modelFolder, cacheFolder, machine: around.machine, versions });
  };

  const some = await prepare(await tree([2, 3, 4, 5]));
  expect(some.manifest.dataset).toMatchObject({ eval: 3, train: 2 });
  const warnings = some.warnings.filter((sentence) => /training|not used/.test(sentence));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^2 of the 4 training images in .+ by their content \(2\.jpg, 3\.jpg\)/);
  await expect(prepare(await tree([1, 3]))).rejects.toMatchObject({ code: 'dataset.training-evaluated' });
});
