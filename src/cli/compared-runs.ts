import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import type { RunWithAnswers } from '../main/engine/compare/compare-runs';
import type { Engine } from '../main/engine/create-engine';
import { isRunFile } from '../main/engine/other-results';
import { readRunFile } from '../main/engine/report/read-run-file';
import { answersOfRun } from '../main/engine/sweep/answers-of-run';
import type { Arguments } from './arguments';
import { openSession } from './session';

/** How a run is named where two are compared, for the help of commands. */
export const runReferenceHelp = 'an id, latest, latest~1 (before it), a results folder, FOLDER#RUN, a JSON report';

/**
 * Two runs by their references while `use` works with them. A JSON report holds no answers on single images, so
 * that nothing of it is paired. Throws `run.not-found`, `run.none`, `results.not-found`, `results.file-invalid` and what `use` throws.
 */
export async function withComparedRuns<T>(
  arguments_: Arguments,
  { reference, candidate }: { reference: string; candidate: string },
  use: (reference: RunWithAnswers, candidate: RunWithAnswers) => T | Promise<T>,
): Promise<T> {
  const opened: Engine[] = [];
  const open = async (text: string): Promise<RunWithAnswers> => {
    if (isRunFile(text)) return { run: await readRunFile(text), source: text };
    const { folder, run } = parseRunReference(text, (path) => existsSync(join(path, 'whittle.db')));
    const engine = await openSession(arguments_, { workspace: folder ?? arguments_.text('out') });
    opened.push(engine);
    const view = engine.runs.view(runId(engine, run));
    return {
      run: view,
      ...(folder !== undefined && { source: folder }),
      answersOf: answersOfRun(engine.workspace, view.id),
    };
  };
  try {
    return await use(await open(reference), await open(candidate));
  } finally {
    for (const engine of opened) engine.close();
  }
}

/** "FOLDER", "FOLDER#RUN" or "RUN". @throws `results.not-found` where a folder is named that holds none */
export function parseRunReference(
  reference: string,
  holdsResults: (path: string) => boolean,
): { folder?: string; run: string } {
  if (holdsResults(reference)) return { folder: reference, run: 'latest' };
  const at = reference.lastIndexOf('#');
  const [folder, run] = at > 0 ? [reference.slice(0, at), reference.slice(at + 1)] : [undefined, reference];
  if (folder !== undefined && holdsResults(folder)) return { folder, run: run || 'latest' };
  if (folder !== undefined || /[\\/]/.test(reference))
    throw new AppError('results.not-found', { path: folder ?? reference });
  return { run: reference };
}

/** By id or its beginning, by name, or counted from the latest. */
function runId({ workspace }: Engine, reference: string): string {
  const records = workspace.runs.names();
  if (records.length === 0) throw new AppError('run.none', { path: workspace.folder });
  const back = /^latest(?:~(\d+))?$/.exec(reference);
  const found = back
    ? records[Number(back[1] ?? 0)]
    : (records.find(({ id }) => id === reference) ??
      records.find(({ id, name }) => id.startsWith(reference) || name === reference));
  if (!found) throw new AppError('run.not-found', { run: reference, path: workspace.folder });
  return found.id;
}
