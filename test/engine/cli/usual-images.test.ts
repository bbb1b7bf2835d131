import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DatasetSummary } from '@shared/dataset';
import type { LayerReport } from '@shared/layers';
import { searchRequestSchema } from '@shared/search-state';
import type { SensitivityReport } from '@shared/sensitivity';
import { createEngine } from '../../../src/main/engine/create-engine';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { handlersOf } from '../../../src/main/engine/handlers';
import { searchSweeps } from '../../../src/main/engine/search-sweeps';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish } from './laboratory';
import { whittle } from './whittle';

it('nobody who asks for no number is told that there are too few images', async () => {
  const folder = await furnish(temporaryFolder());
  const told = async <T>(...words: string[]): Promise<T> => {
    const ended = await whittle(folder, ...words, '--json');
    expect(ended.code, ended.stderr).toBe(0);
    return JSON.parse(ended.stdout) as T;
  };
  expect((await told<DatasetSummary>('datasets', 'images')).chosen.calibration).toBe(20);
  const limited = await told<DatasetSummary>('datasets', 'images', '--limit', '5');
  expect(limited.chosen).toEqual({ calibration: 15, train: 0, eval: 5 });
  const layers = await told<LayerReport>('inspect', 'small.onnx', '--vs', 'small.onnx', '--data', 'images');
  expect(layers.images).toBe(20);
  const sensitivity = await told<SensitivityReport>('sensitivity', 'small.onnx', '--data', 'images', '--bits', '4');
  expect(sensitivity.images).toBe(20);

  for (const words of [
    ['datasets', 'images', '--calibration', '21'],
    ['inspect', 'small.onnx', '--vs', 'small.onnx', '--data', 'images', '--calibration', '21'],
    ['sensitivity', 'small.onnx', '--data', 'images', '--images', '21'],
  ]) {
    const ended = await whittle(folder, ...words);
    expect(ended.stderr).toContain('images has 20 images for calibration, and 21 are asked for');
    expect(ended.code).toBe(2);
  }
});

it('a search calibrates with what the evaluation images that are asked for leave of one pool', async () => {
  const folder = await furnish(temporaryFolder());
  const engine = await createEngine({ workspace: join(folder, 'home') });
  const countsFor = async (evaluation: number): Promise<[calibration: number, evaluation: number]> => {
    const request = searchRequestSchema.parse({
      models: [join(folder, 'small.onnx')],
      dataset: { path: join(folder, 'images'), eval: evaluation },
      targets: [],
      search: {},
      mayReplace: false,
      seed: 1,
    });
    const [found] = await searchSweeps(engine, request);
    const { dataset } = found!.sweep;
    const { calibration, eval: chosen } = await openDataset(dataset, { cacheFolder: engine.workspace.cacheFolder });
    return [calibration.entries.length, chosen.entries.length];
  };
  try {
    expect(await countsFor(8)).toEqual([12, 8]);
    expect(await countsFor(4)).toEqual([14, 4]);
    expect(await countsFor(0)).toEqual([14, 6]);
    await expect(countsFor(20)).rejects.toMatchObject({
      code: 'dataset.too-few',
      facts: { split: 'eval', available: 19 },
    });
  } finally {
    engine.close();
  }
});

it('the window is shown what is there, whatever it asks for', async () => {
  const folder = await furnish(temporaryFolder());
  const engine = await createEngine({ workspace: join(folder, 'home') });
  try {
    const spec = { path: join(folder, 'images'), eval: 500, calibration: 8, train: 0, seed: 1 };
    const context = { progress: () => undefined, signal: new AbortController().signal };
    const { chosen } = await handlersOf(engine)['datasets.inspect'](spec, context);
    expect(chosen).toEqual({ calibration: 8, train: 0, eval: 12 });
  } finally {
    engine.close();
  }
});
