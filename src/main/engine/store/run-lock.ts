import Database from 'libsql';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { databaseError, type Connection } from './database';

/**
 * One run at a time on one workspace. The lock is SQLite's own exclusive lock on a file of its own: the operating system
 * drops it with the process, however that ends, so a kill -9 leaves nothing to clean up.
 */
export class RunLock {
  private constructor(
    private readonly connection: Connection,
    private readonly ownerPath: string,
  ) {}

  /** @throws `store.busy` when another process holds it; `output.unwritable`, `store.damaged` */
  static acquire(folder: string): RunLock {
    const path = join(folder, 'run.lock');
    const ownerPath = join(folder, 'run.owner');
    let connection: Connection | undefined;
    try {
      connection = new Database(path, { timeout: 0 });
      connection.exec('BEGIN EXCLUSIVE');
    } catch (thrown) {
      connection?.close();
      if ((thrown as { code?: unknown }).code !== 'SQLITE_BUSY') throw databaseError(path, thrown);
      throw new AppError('store.busy', { path: folder, owner: readOwner(ownerPath) });
    }
    writeOwner(ownerPath);
    return new RunLock(connection, ownerPath);
  }

  /** The lock, or undefined while another process holds it. */
  static tryAcquire(folder: string): RunLock | undefined {
    try {
      return RunLock.acquire(folder);
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'store.busy') return undefined;
      throw thrown;
    }
  }

  release(): void {
    rmSync(this.ownerPath, { force: true });
    this.connection.exec('ROLLBACK');
    this.connection.close();
  }
}

/** Only for the message that others get: on a full disk it is left out. */
function writeOwner(path: string): void {
  try {
    writeFileSync(path, `process ${process.pid}`);
  } catch {
    rmSync(path, { force: true });
  }
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
