import { parseBudget } from '@shared/presenter/parse-budget';
import { placeText } from '@shared/presenter/sweep-plan';
import type { RunProgress } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { SweepPlan } from '@shared/sweep-plan';
import type { Engine } from '../../main/engine/create-engine';
import { sweepHash, type PreparedSweep } from '../../main/engine/sweep/prepare-sweep';
import { readSweep, resolveSweep } from '../../main/engine/sweep/read-sweep';
import { previewSweep } from '../../main/engine/sweep-preview';
import { usageError, type Arguments, type Command } from '../arguments';
import { planText } from '../plan-text';
import { joinMachines, serverOption } from '../join-machines';
import { ProgressLine } from '../progress-line';
import { runInTurn } from '../run-in-turn';
import { openSession } from '../session';
import { earlierRun } from '../sweep-beginning';
import { templateOptions, templateSweep } from '../template-sweep';
import { trainingFolder } from '../training-option';

/** What most people can spare. */
const usualBudget = 'drop<=1';

export const run: Command = {
  name: 'run',
  usage: '[SWEEP.yaml]...',
  summary: 'run sweeps, one after another, or a template, and print their matrices; finished steps are kept',
  options: {
    out: { type: 'string', value: 'DIR', help: 'keep the journal, the compressed models and the results in DIR' },
    'dry-run': { type: 'boolean', help: 'print what would run and about how long it takes, and do nothing' },
    template: {
      type: 'string',
      value: 'NAME',
      help: 'run a template instead of a file; "whittle templates" lists them',
    },
    ...templateOptions,
    resume: { type: 'boolean', help: 'continue the last unfinished run of the same sweep' },
    budget: {
      type: 'string',
      value: 'TEXT',
      help: `name the best per model within it: "drop<=1, size<=2MB, time<=0.5" (${usualBudget})`,
    },
    ...serverOption,
    remeasure: { type: 'boolean', help: 'measure again what other work disturbed in the last run of the same sweep' },
  },
  async run(arguments_) {
    const budget = parseBudget(arguments_.text('budget') ?? usualBudget);
    const line = new ProgressLine();
    const paths = arguments_.positionals;
    const template = arguments_.text('template');
    if ((paths.length === 0) === (template === undefined))
      throw usageError(run, paths.length === 0 ? 'SWEEP.yaml is missing' : 'give files or a template, not both');
    const idle = ['models', 'data', 'train'].find(
      (option) => paths.length > 0 && arguments_.text(option) !== undefined,
    );
    if (idle !== undefined) throw usageError(run, `--${idle} is of use only with --template; the file names them`);
    const written = await Promise.all(paths.map((path) => readSweep(path)));
    const engine = await openSession(arguments_, {
      workspace: arguments_.text('out'),
      events: { progress: showProgress(line) },
    });
    try {
      engine.runs.recover();
      await joinMachines(engine, arguments_, line);
      const words = {
        models: arguments_.text('models'),
        data: arguments_.text('data'),
        ...trainingFolder(arguments_),
      };
      const sweeps =
        template === undefined ? written : [resolveSweep(await templateSweep(engine, template, words), process.cwd())];
      const prepared = await prepareAll(engine, sweeps, arguments_, line);
      const plans = await Promise.all(prepared.map((sweep) => previewSweep(engine, sweep)));
      const isDry = arguments_.flag('dry-run');
      const warnings = plans.flatMap((plan) => [...plan.warnings, ...(isDry ? [] : unplaced(plan))]);
      for (const warning of new Set(warnings)) process.stderr.write(`${warning}\n`);
      if (isDry) return printPlans(plans, arguments_.flag('json'));
      const both = prepared.map((one, at) => ({ prepared: one, written: sweeps[at]! }));
      return await runInTurn(both, { engine, arguments_, budget, line });
    } finally {
      engine.close();
    }
  },
};

/** What nobody can do now; the plan says it among the rest. */
const unplaced = ({ places = [] }: SweepPlan): string[] =>
  places.filter(({ problem }) => problem !== undefined).map((place) => `On ${placeText(place)}`);

function printPlans(plans: readonly SweepPlan[], isJson: boolean): number {
  const [first, ...others] = plans;
  const json = (): string => `${JSON.stringify(others.length === 0 ? first : plans, null, 2)}\n`;
  process.stdout.write(isJson ? json() : plans.map(planText).join('\n'));
  return 0;
}

/** Keeps the line up to date; a full disk is told in a line of its own, since it may stay for hours. */
function showProgress(line: ProgressLine): (progress: RunProgress | null) => void {
  let waitsFor: RunProgress['waitsFor'];
  return (progress) => {
    if (progress?.waitsFor && !waitsFor) {
      line.clear();
      process.stderr.write(`${progress.stage[0]!.toUpperCase()}${progress.stage.slice(1)}. Ctrl-C stops it.\n`);
    }
    waitsFor = progress?.waitsFor;
    if (progress && progress.stage !== '') line.update(progress);
  };
}

/** All of them before the first begins: what is wrong with the last must not be found out in the morning. */
async function prepareAll(
  engine: Engine,
  sweeps: readonly SweepFile[],
  arguments_: Arguments,
  line: ProgressLine,
): Promise<PreparedSweep[]> {
  const startedAt = Date.now();
  const prepared: PreparedSweep[] = [];
  for (const sweep of sweeps)
    prepared.push(
      await engine.prepare(sweep, {
        // A run that is taken up again waits for its machines.
        planned: earlierRun(engine, sweepHash(sweep), arguments_)?.manifest.elsewhere,
        progress: (stage, done, total) => line.update({ stage, done, total, elapsedMs: Date.now() - startedAt }),
      }),
    );
  line.clear();
  return prepared;
}
