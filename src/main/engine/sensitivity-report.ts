import {
  defaultSensitivityImages,
  type SensitivityMethod,
  type SensitivityReport,
  type SensitivityRequest,
} from '@shared/sensitivity';
import type { Engine } from './create-engine';
import type { ImageSet } from './dataset/dataset';
import { openDataset } from './dataset/open-dataset';
import { calculator } from './compression/calculator';
import { sensitivityVersion } from './compression/sensitivity/layer-sensitivity';
import type { JobResults, SensitivityJob } from './jobs/job';
import type { Order } from './jobs/order';
import { stepCache } from './jobs/step-cache';
import { stepVersions } from './jobs/step-versions';
import type { Model } from './models/model-folder';
import { imagesKey, modelKey } from './jobs/step-key';
import { parseParams } from './techniques/parse-params';
import { quantizeStatic } from './techniques/quantize-static';

/**
 * The answer to a request, from the cache where model, images and method were the same.
 * @param run does the job in a worker. Throws what opening the dataset and the job throw, `technique.params`.
 */
export async function sensitivityReport(
  engine: Engine,
  model: Model,
  request: SensitivityRequest,
  run: (order: Order<SensitivityJob>) => Promise<JobResults['sensitivity']>,
): Promise<SensitivityReport> {
  const { dataset, method } = request;
  const { cached, key, chosen, calibration } = await cacheEntry(engine, model, request);
  const result = await cached(key, async () => {
    const file = await engine.contents.addModel(model);
    return run({
      kind: 'sensitivity',
      model: file,
      reference: file,
      card: model.card,
      method: chosen,
      calibration: await engine.contents.addImages(calibration),
      seed: dataset.seed,
      threads: engine.executor.threads,
    });
  });
  return { model: model.name, method, ...result };
}

/** What was measured before with the usual method and images, or undefined. @throws what opening the dataset throws */
export async function knownSensitivity(
  engine: Engine,
  model: Model,
  dataset: SensitivityRequest['dataset'],
): Promise<SensitivityReport | undefined> {
  const method: SensitivityMethod = { kind: 'int8', params: {} };
  const { cached, key } = await cacheEntry(engine, model, { dataset, method });
  const result = await cached.peek<JobResults['sensitivity']>(key);
  return result && { model: model.name, method, ...result };
}

interface CacheEntry {
  cached: ReturnType<typeof stepCache>;
  key: unknown;
  chosen: SensitivityMethod;
  calibration: ImageSet<'calibration'>;
}

/** Where the answer to a request is kept, and what it is computed from. */
async function cacheEntry(
  engine: Engine,
  model: Model,
  { dataset, images, method }: Omit<SensitivityRequest, 'model'>,
): Promise<CacheEntry> {
  const chosen = method.kind === 'int8' ? { ...method, params: parseParams(quantizeStatic, method.params) } : method;
  const { cacheFolder } = engine.workspace;
  const spec = { ...dataset, eval: 0, calibration: images ?? defaultSensitivityImages, train: 0 };
  const upTo = images === undefined ? (['calibration'] as const) : [];
  const { calibration } = await openDataset(spec, { cacheFolder, upTo });
  const cached = stepCache(cacheFolder, imagesKey(calibration), modelKey(model.sha256, model.card));
  const kernels = [engine.machine.isa, calculator.version()];
  const versions = [stepVersions.sensitivity, sensitivityVersion, quantizeStatic.version, kernels];
  return { cached, key: ['sensitivity', versions, chosen], chosen, calibration };
}
