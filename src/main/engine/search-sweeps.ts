import { resolve } from 'node:path';
import type { SearchRequest } from '@shared/search-state';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import type { Engine } from './create-engine';
import { locateModel } from './models/model-folder';
import { searchCalibration } from './search/search-images';

/**
 * The sweep of each search that is asked for. Techniques see as many calibration images as leave some to judge by, whatever the dataset says.
 * Throws `model.not-found` and what opening the dataset throws.
 */
export async function searchSweeps(
  engine: Pick<Engine, 'workspace' | 'modelFolder'>,
  { models, dataset, targets, search, mayReplace, seed }: SearchRequest,
): Promise<{ sweep: SweepFile }[]> {
  const { part: _whole, ...spec } = dataset;
  const paths = models.map((name) => resolve(locateModel(name, engine.modelFolder())));
  const calibration = await searchCalibration(spec, engine.workspace.cacheFolder);
  return paths.map((path) => ({
    sweep: sweepFileSchema.parse({
      name: `search ${path.replace(/^.*[\\/]/, '').replace(/\.onnx$/i, '')}`.slice(0, 200),
      models: [path, ...(mayReplace ? paths.filter((other) => other !== path) : [])],
      dataset: { ...spec, calibration },
      targets,
      recipes: { baseline: [] },
      search,
      seed,
    }),
  }));
}
