import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { runSummarySchema, type RunSummary } from '@shared/run';
import type { RunWithAnswers } from './compare/compare-runs';
import { readRunFile } from './report/read-run-file';
import { openWorkspace } from './store/workspace';
import { answersOfRun } from './sweep/answers-of-run';
import type { Executor } from './sweep/executor';
import { RunManager } from './sweep/run-manager';

/** The runs of somebody else, to compare with. */
export interface OtherResults {
  list(): RunSummary[];
  /** @throws `run.not-found` */
  run(id: string): RunWithAnswers;
}

/** Whether a path names the JSON report of a run rather than a folder of results. */
export const isRunFile = (path: string): boolean => /\.json$/i.test(path) && existsSync(path);

/**
 * Looks into another folder of results, or into a JSON report, and leaves it again. A report holds figures with their intervals and no answers on
 * single images. Throws `results.not-found`, `results.file-invalid`, what opening it throws, and what `use` throws.
 */
export async function withResults<T>(
  path: string,
  executor: Executor,
  use: (results: OtherResults) => T | Promise<T>,
): Promise<T> {
  if (isRunFile(path)) {
    const run = await readRunFile(path);
    return use({
      list: () => [runSummarySchema.parse(run)],
      run(id) {
        if (id !== run.id) throw new AppError('run.not-found', { run: id, path });
        return { run, source: path };
      },
    });
  }
  if (!existsSync(join(path, 'whittle.db'))) throw new AppError('results.not-found', { path });
  const workspace = openWorkspace(path);
  const nothing = (): void => undefined;
  const runs = new RunManager(workspace, executor, { progress: nothing, trial: nothing });
  try {
    return await use({
      list: () => runs.list(),
      run: (id) => ({ run: runs.view(id), source: path, answersOf: answersOfRun(workspace, id) }),
    });
  } finally {
    workspace.close();
  }
}
