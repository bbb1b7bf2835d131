import type { RunView, TrialView } from '@shared/run';
import { noSuchTrial } from '@shared/trial-of-run';
import { handOver, handoverName } from '../../main/engine/handover/hand-over';
import type { Command } from '../arguments';
import { openRun } from '../find-run';

export const handover: Command = {
  name: 'handover',
  usage: 'RUN TRIAL',
  summary: 'make a folder to give away: a trial’s model with card, labels, examples, report and manifest',
  options: {
    output: { type: 'string', short: 'o', value: 'DIR', help: 'the folder to make (MODEL-RECIPE)' },
    zip: { type: 'boolean', help: 'also as DIR.zip' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const [reference, wanted] = arguments_.positionals as [string, string];
    const { engine, id } = await openRun(reference, arguments_);
    try {
      const run = engine.runs.view(id);
      const trial = findTrial(run, wanted);
      const made = await handOver(run, trial, arguments_.text('output') ?? handoverName(trial), arguments_.flag('zip'));
      if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
      else process.stdout.write(`${[made.folder, ...(made.zip ? [made.zip] : [])].join('\n')}\n`);
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** By id ("mobilenetv2/int8"), or by recipe where the run has one network. @throws `trial.not-found` */
function findTrial(run: RunView, wanted: string): TrialView {
  const byName = run.trials.filter(({ recipe, model }) => recipe === wanted || `${model}/${recipe}` === wanted);
  const found = run.trials.find(({ id }) => id === wanted) ?? (byName.length === 1 ? byName[0] : undefined);
  if (found) return found;
  throw noSuchTrial(run.trials, run.id, wanted);
}
