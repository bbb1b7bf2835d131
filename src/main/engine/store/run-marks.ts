import type { RunEdit } from '@shared/run';
import type { Connection } from './database';

/** How long a deleted run can be brought back. */
const keptAfterDeletionMs = 7 * 24 * 3_600_000;

/** What people say of runs and trials: names, notes, tags, stars; and which runs they deleted. Each answers whether there is such a one. */
export class RunMarks {
  constructor(private readonly connection: Connection) {}

  /** Only what is given changes. */
  edit(run: string, { name, note, tags, starred }: RunEdit): boolean {
    const { changes } = this.connection
      .prepare(
        `UPDATE run SET name = coalesce(?, name), note = coalesce(?, note), tags = coalesce(?, tags),
           starred = coalesce(?, starred) WHERE id = ? AND deleted_at IS NULL`,
      )
      .run(
        name ?? null,
        note ?? null,
        tags ? JSON.stringify(tags) : null,
        starred === undefined ? null : +starred,
        run,
      );
    return changes > 0;
  }

  star(run: string, trial: string, starred: boolean): boolean {
    const update = this.connection.prepare('UPDATE trial SET starred = ? WHERE run = ? AND id = ?');
    return update.run(+starred, run, trial).changes > 0;
  }

  annotate(run: string, trial: string, note: string): boolean {
    const update = this.connection.prepare('UPDATE trial SET note = ? WHERE run = ? AND id = ?');
    return update.run(note, run, trial).changes > 0;
  }

  /** Hides a run until it is restored or purged. One that is under way stays. */
  delete(run: string): boolean {
    const { changes } = this.connection
      .prepare("UPDATE run SET deleted_at = ? WHERE id = ? AND status NOT IN ('running', 'paused')")
      .run(new Date().toISOString(), run);
    return changes > 0;
  }

  /** Runs that can be restored, the last deleted first. */
  deleted(): { id: string; name: string }[] {
    return this.connection
      .prepare('SELECT id, name FROM run WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC')
      .all() as { id: string; name: string }[];
  }

  restore(run: string): boolean {
    return this.connection.prepare('UPDATE run SET deleted_at = NULL WHERE id = ?').run(run).changes > 0;
  }

  /** Removes what was deleted a week ago, with its trials and logs. Results of steps stay: other runs may have them too. */
  purge(now = Date.now()): number {
    const before = new Date(now - keptAfterDeletionMs).toISOString();
    return this.connection.prepare('DELETE FROM run WHERE deleted_at < ?').run(before).changes;
  }
}
