import { toAppError, type ErrorReport } from '@shared/errors';
import type { Budget } from '@shared/presenter/budget';
import { reviveError } from '@shared/rpc';
import type { RunStatus, RunView } from '@shared/run';
import type { SearchAnswer } from '@shared/search';
import type { SweepFile } from '@shared/sweep-file';
import type { Engine } from '../main/engine/create-engine';
import { jsonReport } from '../main/engine/report/json';
import { nextTimeOfDay } from '../main/engine/sweep/deadline';
import type { PreparedSweep } from '../main/engine/sweep/prepare-sweep';
import type { Launched } from '../main/engine/sweep/run-manager';
import type { Arguments } from './arguments';
import { bestText } from './best-text';
import { onceEndRequest } from './end-requests';
import { matrixText } from './matrix-text';
import type { ProgressLine } from './progress-line';
import { writeResults } from './results-folder';
import { searchEach } from './run-search';
import { searchText } from './search-text';
import { beginning } from './sweep-beginning';

/** As a shell says of what Ctrl-C ended. */
const cancelledCode = 130;

interface Night {
  engine: Engine;
  arguments_: Arguments;
  budget: Budget;
  line: ProgressLine;
  /** No other sweep stands behind it. */
  isOne: boolean;
}

/** Runs sweeps one after another and prints what came of each. Answers the exit code. */
export async function runInTurn(
  sweeps: readonly { written: SweepFile; prepared: PreparedSweep }[],
  common: Omit<Night, 'isOne'>,
): Promise<number> {
  const { engine, arguments_ } = common;
  const night: Night = { ...common, isOne: sweeps.length === 1 };
  // Later ones wait in the journal: a restart finds them there.
  const begins = sweeps.map(({ prepared }, at) => beginning(engine, prepared, arguments_, at === 0));
  const reports: object[] = [];
  let exitCode = 0;
  try {
    for (const [at, { begin }] of begins.entries()) {
      const one = await runOne(sweeps[at]!.written, begin, night);
      reports.push(one.report);
      exitCode = Math.max(exitCode, one.exitCode);
      if (one.exitCode === cancelledCode) break;
    }
  } finally {
    for (const { queuedId } of begins) if (queuedId !== undefined) engine.workspace.runs.withdraw(queuedId);
  }
  if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify(night.isOne ? reports[0] : reports, null, 2)}\n`);
  return exitCode;
}

/** One sweep in its turn: its run, what it looks like, and the searches beside it. */
async function runOne(
  written: SweepFile,
  begin: () => Launched,
  night: Night,
): Promise<{ report: object; exitCode: number }> {
  const deadline = written.until === undefined ? undefined : nextTimeOfDay(written.until, Date.now());
  const { id, finished } = begin();
  const stop = cancelOnInterrupt(night.engine, id, night.line);
  const status = await finished.finally(() => {
    stop();
    night.line.clear();
  });
  const { view, folder } = await showRun(id, status, night);
  const isSearched = written.search && status !== 'cancelled' && status !== 'stopped';
  const beside = isSearched ? await searchBeside(written, { folder, deadline }, night) : undefined;
  const isIncomplete = view.trialsFailed > 0 || beside?.isComplete === false;
  return {
    report: { ...jsonReport(view), ...(beside && { searches: beside.searches }) },
    exitCode: status === 'cancelled' ? cancelledCode : isIncomplete ? 1 : 0,
  };
}

/** Writes the results of a run that ended, and prints its matrix. Throws what is wrong with the input where that is all there is to say. */
async function showRun(
  id: string,
  status: RunStatus,
  { engine, arguments_, budget, isOne }: Night,
): Promise<{ view: RunView; folder: string }> {
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
  return { view, folder };
}

/** The searches beside the recipes, and whether they are all: not where one had no time, or failed while sweeps behind it, which do not depend on it, go on. */
async function searchBeside(
  sweep: SweepFile,
  { folder, deadline }: { folder: string; deadline?: number },
  { engine, arguments_, line, isOne }: Night,
): Promise<{ searches: SearchAnswer[]; isComplete: boolean }> {
  const searches: SearchAnswer[] = [];
  try {
    for await (const answer of searchEach(engine, sweep, { folder, deadline }, line)) {
      searches.push(answer);
      if (!arguments_.flag('json')) process.stdout.write(`\n${searchText(answer, sweep.search!)}`);
    }
    return { searches, isComplete: true };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'cancelled' || (isOne && error.code !== 'search.no-time')) throw error;
    process.stderr.write(`The search of "${sweep.name}" ended: ${error.message}\n`);
    return { searches, isComplete: false };
  }
}

/** The first interrupt stops cleanly, a second one at once. */
function cancelOnInterrupt(engine: Engine, id: string, line: ProgressLine): () => void {
  return onceEndRequest(() => {
    line.clear();
    process.stderr.write('Stopping. Finished steps are kept; run the same command again to go on.\n');
    engine.runs.control(id).cancel();
  });
}

/** When every trial failed for one and the same wrong input, that is bad input, not a failed trial. */
function commonProblem(view: RunView): ErrorReport | undefined {
  const [first] = view.trials;
  const allAlike = view.trials.every((trial) => trial.status === 'failed' && trial.error?.code === first?.error?.code);
  return allAlike && /^(dataset|model|card)\./.test(first?.error?.code ?? '') ? first?.error : undefined;
}
