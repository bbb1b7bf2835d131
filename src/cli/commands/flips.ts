import { writeFileAtomic } from '../../main/engine/files/atomic-file';
import { evaluationImages, type ImagesByHash } from '../../main/engine/sweep/evaluation-images';
import { trialFlips } from '../../main/engine/sweep/trial-flips';
import { toAppError } from '@shared/errors';
import { flipsCsv } from '@shared/flips-text';
import type { Command } from '../arguments';
import { flipsText } from '../flips-text';
import { openRun } from '../find-run';

export const flips: Command = {
  name: 'flips',
  usage: 'RUN MODEL/RECIPE',
  summary: 'which images and classes a trial of a run answers differently than its baseline',
  options: {
    against: { type: 'string', value: 'RECIPE', help: 'compare with this recipe in place of the model as it came' },
    runtime: { type: 'string', value: 'NAME', help: 'whose answers, where the run has several runtimes (the first)' },
    csv: {
      type: 'string',
      value: 'FILE',
      help: 'write every image that flipped, with both answers (- for standard output)',
    },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const [reference, trial] = arguments_.positionals as [string, string];
    const { engine, id: run } = await openRun(reference, arguments_);
    try {
      const [against, runtime] = [arguments_.text('against'), arguments_.text('runtime')];
      const report = await trialFlips({ run, trial, against, runtime }, engine);
      const path = arguments_.text('csv');
      if (path !== undefined) {
        const images = await evaluationImages(run, engine).catch(withoutFiles);
        const text = flipsCsv(report, (hash) => images.get(hash)?.path);
        if (path === '-') process.stdout.write(text);
        else {
          await writeFileAtomic(path, text);
          process.stderr.write(`Wrote ${path}\n`);
        }
      }
      if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify({ run, trial, ...report }, null, 2)}\n`);
      else if (path !== '-') process.stdout.write(flipsText(trial, report));
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** Answers are in the journal; only the names of files are not. */
function withoutFiles(thrown: unknown): ImagesByHash {
  process.stderr.write(`Files of the images are left out: ${toAppError(thrown).message}\n`);
  return new Map();
}
