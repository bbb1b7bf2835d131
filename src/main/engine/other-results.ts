import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { openWorkspace, type Workspace } from './store/workspace';
import type { Executor } from './sweep/executor';
import { RunManager } from './sweep/run-manager';

/** Looks into another folder of results and leaves it again. Throws `results.not-found`, what opening it throws, and what `use` throws. */
export function withResults<T>(
  folder: string,
  executor: Executor,
  use: (results: { workspace: Workspace; runs: RunManager }) => T,
): T {
  if (!existsSync(join(folder, 'whittle.db'))) throw new AppError('results.not-found', { path: folder });
  const workspace = openWorkspace(folder);
  const nothing = (): void => undefined;
  try {
    return use({ workspace, runs: new RunManager(workspace, executor, { progress: nothing, trial: nothing }) });
  } finally {
    workspace.close();
  }
}
