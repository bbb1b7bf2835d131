import type Database from 'libsql';
import { textOf } from './json-column';

interface TextColumns {
  /** Those that the digest of the row is over. */
  written: readonly string[];
  others: readonly string[];
}

/** What is read as text. Results of steps and plans of trials are not here: they are nearly all of the file, and are looked at when they are read. */
const textColumns: Readonly<Record<string, TextColumns>> = {
  step: {
    written: ['key', 'kind', 'artifact', 'notes', 'finished_at', 'stopped_in', 'stopped_at', 'digest'],
    others: [],
  },
  run: {
    written: ['id', 'sweep', 'manifest', 'digest'],
    others: ['name', 'status', 'started_at', 'ended_at', 'note', 'tags', 'deleted_at'],
  },
  trial: { written: ['run', 'id', 'digest'], others: ['status', 'error', 'note'] },
  computed: { written: [], others: ['run', 'key'] },
  log: { written: [], others: ['run', 'trial', 'at', 'line'] },
  setting: { written: ['key', 'value', 'digest'], others: [] },
};

/** Texts with anything but ASCII, by SQLite itself: few have. */
const beyondAscii = `*[^${String.fromCharCode(1)}-~]*`;

const lowestRowid = String(-(2n ** 63n));

/** The digest of no row. */
const noDigest = '';

/**
 * Puts a replacement character where a text is no UTF-8: the binding ends the process that reads one. A row whose digest is over it counts as damaged
 * from then on. One value at a time is in memory.
 */
export function mendText(connection: InstanceType<typeof Database>): void {
  for (const [table, { written, others }] of Object.entries(textColumns)) {
    const columns = [...written, ...others];
    const next = connection.prepare(
      `SELECT CAST(rowid AS TEXT) AS place FROM ${table} WHERE rowid > ? AND (${columns.map((column) => `${column} GLOB ?`).join(' OR ')})
       ORDER BY rowid LIMIT 1`,
    );
    const patterns = columns.map(() => beyondAscii);
    // As texts: a bit that fell can make one larger than numbers are exact.
    const after = (rowid: string): string | undefined =>
      (next.get(rowid, ...patterns) as { place: string } | undefined)?.place;
    for (let rowid = after(lowestRowid); rowid !== undefined; rowid = after(rowid))
      for (const column of columns) {
        const { bytes } = connection
          .prepare(`SELECT CAST(${column} AS BLOB) AS bytes FROM ${table} WHERE rowid = ?`)
          .get(rowid) as { bytes: Uint8Array | null };
        if (bytes === null || textOf(bytes) !== undefined) continue;
        const isSigned = written.includes(column);
        connection
          .prepare(`UPDATE ${table} SET ${column} = ?${isSigned ? `, digest = '${noDigest}'` : ''} WHERE rowid = ?`)
          .run(Buffer.from(bytes).toString('utf8'), rowid);
      }
  }
}
