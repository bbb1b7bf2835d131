import { defaultSensitivityImages, type SensitivityReport, type SensitivityRequest } from '@shared/sensitivity';
import type { Engine } from './create-engine';
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
  { dataset, images, method }: SensitivityRequest,
  run: (order: Order<SensitivityJob>) => Promise<JobResults['sensitivity']>,
): Promise<SensitivityReport> {
  const chosen = method.kind === 'int8' ? { ...method, params: parseParams(quantizeStatic, method.params) } : method;
  const { cacheFolder } = engine.workspace;
  const spec = { ...dataset, eval: 0, calibration: images ?? defaultSensitivityImages, train: 0 };
  const upTo = images === undefined ? (['calibration'] as const) : [];
  const { calibration } = await openDataset(spec, { cacheFolder, upTo });
  const cached = stepCache(cacheFolder, imagesKey(calibration), modelKey(model.sha256, model.card));
  const kernels = [engine.machine.isa, calculator.version()];
  const versions = [stepVersions.sensitivity, sensitivityVersion, quantizeStatic.version, kernels];
  const result = await cached(['sensitivity', versions, chosen], async () => {
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
