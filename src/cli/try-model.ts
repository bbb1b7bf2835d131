import { AppError } from '@shared/errors';
import { formatCounted, formatInterval, formatNumber } from '@shared/format';
import type { PreprocessTrial } from '@shared/contract';
import { presetTitle } from '@shared/preprocess-presets';
import { wilsonInterval } from '../main/engine/measure/statistics/proportion';
import { locateModel } from '../main/engine/models/model-folder';
import { imagesTaken, preprocessTrial } from '../main/engine/preprocess-trial';
import type { Arguments } from './arguments';
import { runJob } from './foreground-job';
import { knownOfModels, openSession } from './session';
import { textTable } from './text-table';

/** `whittle models try MODEL --data DIR`. */
export async function tryModel(reference: string, arguments_: Arguments): Promise<number> {
  const data = arguments_.text('data');
  if (data === undefined) throw new AppError('usage', { detail: 'models: --data DIR is missing' });
  const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
  // Every preprocessing is tried with what is known of the model.
  const engine = await openSession(arguments_, {}, null);
  try {
    const path = locateModel(reference, engine.modelFolder());
    const request = { path, dataset: { path: data, eval: 0, calibration: imagesTaken, train: 0, seed } };
    const trial = await preprocessTrial(engine, request, (job) => runJob(engine, job), knownOfModels(arguments_));
    process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(trial, null, 2)}\n` : trialText(trial));
    return 0;
  } finally {
    engine.close();
  }
}

function trialText({ images, tried }: PreprocessTrial): string {
  const rows = tried.map(({ preset, channels, preprocess, top1 }) => [
    preset,
    channels,
    presetTitle(preset),
    preprocess.mean.join(', '),
    preprocess.std.join(', '),
    formatNumber(top1, 1),
    intervalText(top1, images),
  ]);
  const columns = [
    { title: '--preprocess' },
    { title: '--order' },
    { title: 'numbers' },
    { title: 'mean' },
    { title: 'std' },
    { title: 'top-1 %', align: 'right' as const },
    { title: '95 %' },
  ];
  return `${formatCounted(images, 'labelled image')}\n\n${textTable(columns, rows)}`;
}

function intervalText(top1: number, images: number): string {
  const [low, high] = wilsonInterval(Math.round((top1 * images) / 100), images);
  return formatInterval([100 * low, 100 * high]);
}
