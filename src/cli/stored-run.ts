import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import type { Engine } from '../main/engine/create-engine';
import type { Arguments } from './arguments';
import { openSession } from './session';

/**
 * The engine on the results that a reference means (a folder of results, a run's id or its beginning, its name, or "latest"), and the run's
 * id. Whoever asks closes the engine. Throws `run.none`, `run.not-found`.
 */
export async function openStoredRun(
  arguments_: Arguments,
  reference: string,
): Promise<{ engine: Engine; run: string }> {
  const isFolder = existsSync(join(reference, 'whittle.db')) && statSync(reference).isDirectory();
  const engine = await openSession(arguments_, { workspace: isFolder ? reference : arguments_.text('out') });
  try {
    return { engine, run: findRun(engine, isFolder ? 'latest' : reference) };
  } catch (thrown) {
    engine.close();
    throw thrown;
  }
}

function findRun(engine: Engine, reference: string): string {
  const records = engine.workspace.runs.list();
  if (records.length === 0) throw new AppError('run.none', { path: engine.workspace.folder });
  if (reference === 'latest') return records[0]!.id;
  const found = records.find(({ id, name }) => id === reference || id.startsWith(reference) || name === reference);
  if (!found) throw new AppError('run.not-found', { run: reference, path: engine.workspace.folder });
  return found.id;
}
