import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import type { Engine } from '../main/engine/create-engine';
import type { Arguments } from './arguments';
import { openSession } from './session';

/**
 * The engine that has a run, and the run's id.
 * @param reference an id or its beginning, a name, "latest", or a folder of results, which means its latest
 * Throws `run.none`, `run.not-found`.
 */
export async function openRun(reference: string, arguments_: Arguments): Promise<{ engine: Engine; id: string }> {
  const isFolder = existsSync(join(reference, 'whittle.db')) && statSync(reference).isDirectory();
  const engine = await openSession(arguments_, { workspace: isFolder ? reference : arguments_.text('out') });
  try {
    return { engine, id: findRun(engine, isFolder ? 'latest' : reference) };
  } catch (thrown) {
    engine.close();
    throw thrown;
  }
}

/** The id of a run that is named by its id, the beginning of it, its name, or "latest". @throws `run.none`, `run.not-found` */
export function findRun(engine: Pick<Engine, 'workspace'>, reference: string): string {
  const { runs, folder } = engine.workspace;
  const records = runs.names();
  if (records.length === 0) throw new AppError('run.none', { path: folder });
  if (reference === 'latest') return records[0]!.id;
  const found = records.find(({ id, name }) => id === reference || id.startsWith(reference) || name === reference);
  if (!found) throw new AppError('run.not-found', { run: reference, path: folder });
  return found.id;
}
