import { AppError } from '@shared/errors';
import { datasetSpecSchema, usualCalibrationImages, type ImageProblem } from '@shared/dataset';
import { checkSplits } from '../../main/engine/dataset/check-splits';
import { summarize } from '../../main/engine/dataset/dataset-summary';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import type { Command } from '../arguments';
import { balanceText, duplicatesText, trainingText } from '../dataset-text';
import { ProgressLine } from '../progress-line';
import { openSession } from '../session';
import { trainingFolder, trainingOption } from '../training-option';

export const datasets: Command = {
  name: 'datasets',
  usage: 'DIR',
  summary: 'what Whittle finds in an image folder: layout, labels, splits, problems',
  options: {
    calibration: {
      type: 'string',
      value: 'N',
      help: `calibration images (${usualCalibrationImages}, or as many as there are)`,
    },
    limit: { type: 'string', value: 'N', help: 'evaluation images (all)' },
    ...trainingOption,
    seed: { type: 'string', value: 'N', help: 'which images (1)' },
    check: {
      type: 'boolean',
      help: 'decode every image of the splits and name those that are damaged or evaluated too',
    },
  },
  async run(arguments_) {
    const path = arguments_.positionals[0];
    if (path === undefined) throw new AppError('usage', { detail: 'datasets: DIR is missing' });
    const engine = await openSession(arguments_);
    const line = new ProgressLine();
    const startedAt = Date.now();
    try {
      const asked = arguments_.integer('calibration', 0, 10_000_000);
      const spec = datasetSpecSchema.parse({
        path,
        eval: arguments_.integer('limit', 0, 10_000_000) ?? 0,
        calibration: asked ?? usualCalibrationImages,
        seed: arguments_.integer('seed', 0, 2 ** 31) ?? 1,
        ...trainingFolder(arguments_),
      });
      const dataset = await openDataset(spec, {
        cacheFolder: engine.workspace.cacheFolder,
        upTo: asked === undefined ? ['calibration'] : [],
        progress: (done, total) =>
          line.update({ stage: 'reading the dataset', done, total, elapsedMs: Date.now() - startedAt }),
      });
      const found = summarize(dataset);
      const evaluated: ImageProblem[] = [];
      if (arguments_.flag('check')) {
        const progress = (done: number, total: number): void =>
          line.update({ stage: 'decoding the images', done, total, elapsedMs: Date.now() - startedAt });
        const checked = await checkSplits(dataset, { progress });
        found.problems.push(...checked.problems);
        evaluated.push(...checked.evaluated);
      }
      line.clear();
      if (arguments_.flag('json')) {
        process.stdout.write(
          `${JSON.stringify({ ...found, ...(arguments_.flag('check') && { evaluated }) }, null, 2)}\n`,
        );
        return 0;
      }
      const counts = (of: typeof found.available): string =>
        `eval ${of.eval}, calibration ${of.calibration}, train ${of.train}`;
      process.stdout.write(
        `${found.name}  ${found.path}\n  layout       ${found.layout}\n  classes      ${found.labelled ? found.classes : 'no labels: latency and agreement only'}\n` +
          trainingText(found) +
          `  available    ${counts(found.available)}\n  chosen       ${counts(found.chosen)}\n` +
          `${balanceText(found)}${duplicatesText(found)}` +
          `  fingerprint  ${found.fingerprint}\n`,
      );
      for (const { message } of evaluated) process.stdout.write(`  evaluated    ${message}\n`);
      for (const problem of found.problems.slice(0, 20)) process.stdout.write(`  skipped      ${problem.message}\n`);
      if (found.problems.length > 20) process.stdout.write(`  and ${found.problems.length - 20} more\n`);
      return 0;
    } finally {
      line.clear();
      engine.close();
    }
  },
};
