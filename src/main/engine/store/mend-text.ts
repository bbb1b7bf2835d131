import { isUtf8 } from 'node:buffer';
import type Database from 'libsql';

const textColumns: Readonly<Record<string, readonly string[]>> = {
  step: ['key', 'kind', 'result', 'artifact', 'notes', 'finished_at', 'stopped_in', 'stopped_at', 'digest'],
  run: ['id', 'name', 'status', 'sweep', 'manifest', 'started_at', 'ended_at', 'note', 'tags', 'deleted_at', 'digest'],
  trial: ['run', 'id', 'plan', 'status', 'error', 'note', 'digest'],
  computed: ['run', 'key'],
  log: ['run', 'trial', 'at', 'line'],
  setting: ['key', 'value', 'digest'],
};

/** Texts with anything but ASCII, by SQLite itself: few have. */
const beyondAscii = `*[^${String.fromCharCode(1)}-~]*`;

/**
 * Puts a replacement character where a text is no UTF-8: the binding ends the process that reads one. Rows whose digest is over it no longer hold what
 * was written, and are told of as such.
 */
export function mendText(connection: InstanceType<typeof Database>): void {
  const hasColumn = connection.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?');
  for (const [table, columns] of Object.entries(textColumns)) {
    const there = columns.filter((column) => hasColumn.get(table, column) !== undefined);
    if (there.length === 0) continue;
    const casts = there.map((column) => `CAST(${column} AS BLOB) AS ${column}`).join(', ');
    const rows = connection
      .prepare(`SELECT rowid, ${casts} FROM ${table} WHERE ${there.map((column) => `${column} GLOB ?`).join(' OR ')}`)
      .all(...there.map(() => beyondAscii)) as Record<string, unknown>[];
    for (const { rowid, ...values } of rows)
      for (const [column, value] of Object.entries(values)) {
        const bytes =
          value instanceof Uint8Array || value instanceof ArrayBuffer ? Buffer.from(value as Uint8Array) : undefined;
        if (bytes && !isUtf8(bytes))
          connection.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(bytes.toString('utf8'), rowid);
      }
  }
}
