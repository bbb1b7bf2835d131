import type { ErrorReport } from '@shared/errors';
import { parseBudget } from '@shared/presenter/parse-budget';
import { reviveError } from '@shared/rpc';
import type { RunView } from '@shared/run';
import type { Engine } from '../../main/engine/create-engine';
import type { PreparedSweep } from '../../main/engine/sweep/prepare-sweep';
import { jsonReport } from '../../main/engine/report/json';
import { readSweep } from '../../main/engine/sweep/read-sweep';
import type { Command } from '../arguments';
import { bestText } from '../best-text';
import { matrixText } from '../matrix-text';
import { ProgressLine } from '../progress-line';
import { writeResults } from '../results-folder';
import { openSession } from '../session';
import { measurementsToRepeat } from '../../main/engine/sweep/remeasure';

/** What most people can spare. */
const usualBudget = 'drop<=1';

export const run: Command = {
  name: 'run',
  usage: 'SWEEP.yaml',
  summary: 'run a sweep and print the matrix; finished steps are never computed again',
  options: {
    out: { type: 'string', value: 'DIR', help: 'keep the journal, the compressed models and the results in DIR' },
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
    const sweep = await readSweep(arguments_.positionals[0]!);
    const engine = await openSession(arguments_, {
      workspace: arguments_.text('out'),
      events: {
        progress: (progress) => {
          if (progress && progress.stage !== '') line.update(progress);
        },
      },
    });
    try {
      engine.runs.recover();
      const startedAt = Date.now();
      const prepared = await engine.prepare(sweep, {
        progress: (stage, done, total) => line.update({ stage, done, total, elapsedMs: Date.now() - startedAt }),
      });
      line.clear();
      for (const warning of prepared.warnings) process.stderr.write(`${warning}\n`);
      const { id, finished } = arguments_.flag('remeasure')
        ? remeasure(engine, prepared)
        : launch(engine, prepared, arguments_.flag('resume'));
      const stop = cancelOnInterrupt(engine, id, line);
      const status = await finished.finally(() => {
        stop();
        line.clear();
      });
      const view = engine.runs.view(id);
      const folder = await writeResults(engine, view, arguments_.text('out'));
      const wrongInput = commonProblem(view);
      if (wrongInput) throw reviveError(wrongInput);
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify(jsonReport(view), null, 2)}\n`
          : `${matrixText(view)}\n${bestText(view, budget)}`,
      );
      process.stderr.write(`Run ${id}: ${view.trialsDone} of ${view.trialsTotal} trials done. Results in ${folder}\n`);
      const collected = view.trials.filter((trial) => trial.collected).length;
      if (collected > 0)
        process.stderr.write(
          `${collected} compressed models were removed to keep within the disk budget; "whittle runs remake ${id}" makes them again.\n`,
        );
      return status === 'cancelled' ? 130 : view.trialsFailed > 0 ? 1 : 0;
    } finally {
      engine.close();
    }
  },
};

function launch(engine: Engine, prepared: PreparedSweep, resume: boolean): ReturnType<Engine['runs']['start']> {
  const unfinished = resume
    ? engine.workspace.runs
        .list()
        .find((record) => record.manifest.sweepSha256 === prepared.manifest.sweepSha256 && record.status !== 'done')
    : undefined;
  if (resume && !unfinished) process.stderr.write('There is no unfinished run of this sweep; starting a new one.\n');
  return unfinished ? engine.runs.resume(unfinished.id, prepared) : engine.runs.start(prepared);
}

function remeasure(engine: Engine, prepared: PreparedSweep): ReturnType<Engine['runs']['start']> {
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
  return engine.runs.resume(last.id, prepared, keys);
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
