import { toAppError, type ErrorReport } from '@shared/errors';
import { parseBudget } from '@shared/presenter/parse-budget';
import { reviveError } from '@shared/rpc';
import type { RunProgress, RunView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Engine } from '../../main/engine/create-engine';
import type { PreparedSweep } from '../../main/engine/sweep/prepare-sweep';
import type { Launched } from '../../main/engine/sweep/run-manager';
import { jsonReport } from '../../main/engine/report/json';
import { readSweep, resolveSweep } from '../../main/engine/sweep/read-sweep';
import { previewSweep } from '../../main/engine/sweep-preview';
import { usageError, type Arguments, type Command } from '../arguments';
import { bestText } from '../best-text';
import { matrixText } from '../matrix-text';
import { planText } from '../plan-text';
import { ProgressLine } from '../progress-line';
import { writeResults } from '../results-folder';
import { runSearches } from '../run-search';
import { searchText } from '../search-text';
import { openSession } from '../session';
import { templateOptions, templateSweep } from '../template-sweep';
import { measurementsToRepeat } from '../../main/engine/sweep/remeasure';

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
      help: `name the best per network within it: "drop<=1, size<=2MB, time<=0.5" (${usualBudget})`,
    },
    remeasure: { type: 'boolean', help: 'measure again what other work disturbed in the last run of the same sweep' },
  },
  async run(arguments_) {
    const budget = parseBudget(arguments_.text('budget') ?? usualBudget);
    const line = new ProgressLine();
    const paths = arguments_.positionals;
    const template = arguments_.text('template');
    if ((paths.length === 0) === (template === undefined))
      throw usageError(run, paths.length === 0 ? 'SWEEP.yaml is missing' : 'give files or a template, not both');
    const idle = ['models', 'data'].find((option) => paths.length > 0 && arguments_.text(option) !== undefined);
    if (idle !== undefined) throw usageError(run, `--${idle} is of use only with --template; the file names them`);
    const written = await Promise.all(paths.map((path) => readSweep(path)));
    const engine = await openSession(arguments_, {
      workspace: arguments_.text('out'),
      events: { progress: showProgress(line) },
    });
    let queued: string[] = [];
    try {
      engine.runs.recover();
      const words = { models: arguments_.text('models'), data: arguments_.text('data') };
      const sweeps =
        template === undefined ? written : [resolveSweep(await templateSweep(engine, template, words), process.cwd())];
      const prepared = await prepareAll(engine, sweeps, line);
      const plans = await Promise.all(prepared.map((sweep) => previewSweep(engine, sweep)));
      for (const warning of new Set(plans.flatMap(({ warnings }) => warnings))) process.stderr.write(`${warning}\n`);
      if (arguments_.flag('dry-run')) {
        const isOnePlan = plans.length === 1;
        process.stdout.write(
          arguments_.flag('json')
            ? `${JSON.stringify(isOnePlan ? plans[0] : plans, null, 2)}\n`
            : plans.map(planText).join('\n'),
        );
        return 0;
      }
      const isOne = prepared.length === 1;
      // Later ones wait in the journal: a restart finds them there.
      const begins = prepared.map((sweep, at) => beginning(engine, sweep, arguments_, at === 0));
      queued = begins.flatMap(({ queuedId }) => queuedId ?? []);
      const reports: object[] = [];
      let exitCode = 0;
      for (const [at, { begin }] of begins.entries()) {
        const { id, finished } = begin();
        const stop = cancelOnInterrupt(engine, id, line);
        const status = await finished.finally(() => {
          stop();
          line.clear();
        });
        const view = engine.runs.view(id);
        const folder = await writeResults(engine, view, isOne ? arguments_.text('out') : undefined);
        const wrongInput = commonProblem(view);
        if (wrongInput && isOne) throw reviveError(wrongInput);
        if (!arguments_.flag('json'))
          process.stdout.write(`${isOne ? '' : `${view.name}\n\n`}${matrixText(view)}\n${bestText(view, budget)}`);
        const when = status === 'stopped' ? ' ended when its time was up' : '';
        process.stderr.write(
          `Run ${id}${when}: ${view.trialsDone} of ${view.trialsTotal} trials done. Results in ${folder}\n`,
        );
        const collected = view.trials.filter((trial) => trial.collected).length;
        if (collected > 0)
          process.stderr.write(
            `${collected} compressed models were removed to keep within the disk budget; "whittle runs remake ${id}" makes them again.\n`,
          );
        const { search } = sweeps[at]!;
        const isSearched = search && status !== 'cancelled' && status !== 'stopped';
        const searches = isSearched
          ? await runSearches(engine, sweeps[at]!, folder, line).catch((thrown: unknown) => {
              // The sweeps behind it do not depend on it.
              const error = toAppError(thrown);
              if (isOne || error.code === 'cancelled') throw error;
              process.stderr.write(`The search of "${view.name}" ended: ${error.message}\n`);
              exitCode = Math.max(exitCode, 1);
              return undefined;
            })
          : undefined;
        reports.push({ ...jsonReport(view), ...(searches && { searches }) });
        if (!arguments_.flag('json'))
          for (const answer of searches ?? []) process.stdout.write(`\n${searchText(answer, search!)}`);
        exitCode = Math.max(exitCode, status === 'cancelled' ? 130 : view.trialsFailed > 0 ? 1 : 0);
        if (status === 'cancelled') break;
      }
      if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify(isOne ? reports[0] : reports, null, 2)}\n`);
      return exitCode;
    } finally {
      for (const id of queued) engine.workspace.runs.withdraw(id);
      engine.close();
    }
  },
};

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
async function prepareAll(engine: Engine, sweeps: readonly SweepFile[], line: ProgressLine): Promise<PreparedSweep[]> {
  const startedAt = Date.now();
  const prepared: PreparedSweep[] = [];
  for (const sweep of sweeps)
    prepared.push(
      await engine.prepare(sweep, {
        progress: (stage, done, total) => line.update({ stage, done, total, elapsedMs: Date.now() - startedAt }),
      }),
    );
  line.clear();
  return prepared;
}

/** How a sweep begins when it is its turn; until then all but the first are queued. */
function beginning(
  engine: Engine,
  prepared: PreparedSweep,
  arguments_: Arguments,
  isFirst: boolean,
): { queuedId?: string; begin(): Launched } {
  const { runs } = engine;
  if (arguments_.flag('remeasure')) return { begin: () => remeasure(engine, prepared) };
  const unfinished = arguments_.flag('resume')
    ? engine.workspace.runs
        .list()
        .find((record) => record.manifest.sweepSha256 === prepared.manifest.sweepSha256 && record.status !== 'done')
    : undefined;
  if (arguments_.flag('resume') && !unfinished)
    process.stderr.write('There is no unfinished run of this sweep; starting a new one.\n');
  if (unfinished) return { begin: () => runs.resume(unfinished.id, prepared) };
  if (isFirst) return { begin: () => runs.start(prepared) };
  const queuedId = runs.enqueue(prepared);
  return { queuedId, begin: () => runs.resume(queuedId, prepared) };
}

function remeasure(engine: Engine, prepared: PreparedSweep): Launched {
  const last = engine.workspace.runs
    .list()
    .find((record) => record.manifest.sweepSha256 === prepared.manifest.sweepSha256);
  if (!last) {
    process.stderr.write('There is no run of this sweep yet; starting one.\n');
    return engine.runs.start(prepared);
  }
  const keys = measurementsToRepeat(engine.runs.view(last.id));
  if (keys.length === 0) {
    process.stderr.write(`No measurement of run ${last.id} was disturbed.\n`);
    return { id: last.id, finished: Promise.resolve(last.status) };
  }
  process.stderr.write(`Measuring ${keys.length} disturbed measurements of run ${last.id} again.\n`);
  return engine.runs.resume(last.id, prepared, { again: keys });
}

/** The first interrupt stops cleanly, a second one at once. */
function cancelOnInterrupt(engine: Engine, id: string, line: ProgressLine): () => void {
  const interrupt = (): void => {
    line.clear();
    process.stderr.write('Stopping. Finished steps are kept; run the same command again to go on.\n');
    engine.runs.control(id).cancel();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
}

/** When every trial failed for one and the same wrong input, that is bad input, not a failed trial. */
function commonProblem(view: RunView): ErrorReport | undefined {
  const [first] = view.trials;
  const allAlike = view.trials.every((trial) => trial.status === 'failed' && trial.error?.code === first?.error?.code);
  return allAlike && /^(dataset|model|card)\./.test(first?.error?.code ?? '') ? first?.error : undefined;
}
