import { AppError } from '@shared/errors';
import type { Engine } from '../main/engine/create-engine';

/** The id of a run that is named by its id, the beginning of it, its name, or "latest". @throws `run.none`, `run.not-found` */
export function findRun(engine: Pick<Engine, 'workspace'>, reference: string): string {
  const { runs, folder } = engine.workspace;
  const records = runs.list();
  if (records.length === 0) throw new AppError('run.none', { path: folder });
  if (reference === 'latest') return records[0]!.id;
  const found = records.find(({ id, name }) => id === reference || id.startsWith(reference) || name === reference);
  if (!found) throw new AppError('run.not-found', { run: reference, path: folder });
  return found.id;
}
