import { datasetSpecSchema, splits, type DatasetSpec } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { sweepFromTemplate } from '@shared/sweep-template';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import type { Engine } from '../main/engine/create-engine';
import { summarize } from '../main/engine/dataset/dataset-summary';
import { openDataset } from '../main/engine/dataset/open-dataset';
import { listModels } from '../main/engine/models/model-folder';
import { findTemplate } from '../main/engine/techniques/templates';
import type { OptionSpec } from './arguments';
import { trainingOption } from './training-option';

/** Options of commands that make a sweep of a template. */
export const templateOptions: Record<string, OptionSpec> = {
  models: {
    type: 'string',
    value: 'A,B',
    help: 'with a template: models, by name or path (those of the model folder)',
  },
  data: { type: 'string', value: 'DIR', help: 'with a template: dataset' },
  train: { ...trainingOption.train, help: `with a template: ${trainingOption.train.help}` },
};

/**
 * The sweep of a template with the models that are named, or those of the model folder.
 * @throws `template.unknown`, `usage`, and what opening the dataset throws
 */
export async function templateSweep(
  engine: Engine,
  id: string,
  { models, data, ...training }: { models?: string; data?: string } & Pick<DatasetSpec, 'trainPath'>,
): Promise<SweepFile> {
  const template = findTemplate(id);
  if (data === undefined) throw new AppError('usage', { detail: `The template "${id}" needs a dataset: --data DIR` });
  const named = models
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const present = named ?? (await listModels(engine.modelFolder())).models.map(({ name }) => name);
  if (present.length === 0)
    throw new AppError('usage', {
      detail: `There is no model in ${engine.modelFolder()}; name some with --models, or another folder with --zoo`,
    });
  const dataset = datasetSpecSchema.parse({ path: data, ...training });
  const found = await openDataset(dataset, { cacheFolder: engine.workspace.cacheFolder, upTo: splits });
  return sweepFileSchema.parse(
    sweepFromTemplate({ ...template, ...(named && { models: named }) }, present, dataset, summarize(found)),
  );
}
