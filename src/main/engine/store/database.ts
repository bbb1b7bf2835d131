import Database from 'libsql';
import { AppError } from '@shared/errors';
import { mendText } from './mend-text';
import { runDigest, settingDigest, stepDigest, trialDigest } from './row-digest';

export type Connection = InstanceType<typeof Database>;

type Migration = string | ((connection: Connection) => void);

/** Each entry brings the schema from its index to the next version. Never edit one that was released: add another. */
const migrations: readonly Migration[] = [
  `CREATE TABLE step (
     key TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     result TEXT NOT NULL,
     artifact TEXT,
     notes TEXT NOT NULL,
     elapsed_ms REAL NOT NULL,
     finished_at TEXT NOT NULL
   ) STRICT;
   CREATE TABLE run (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     status TEXT NOT NULL,
     sweep TEXT NOT NULL,
     manifest TEXT NOT NULL,
     started_at TEXT NOT NULL,
     ended_at TEXT
   ) STRICT;
   CREATE TABLE trial (
     run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
     id TEXT NOT NULL,
     position INTEGER NOT NULL,
     plan TEXT NOT NULL,
     status TEXT NOT NULL,
     error TEXT,
     PRIMARY KEY (run, id)
   ) STRICT;
   CREATE TABLE computed (
     run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
     key TEXT NOT NULL,
     PRIMARY KEY (run, key)
   ) STRICT;
   CREATE TABLE log (
     run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
     trial TEXT NOT NULL,
     at TEXT NOT NULL,
     line TEXT NOT NULL
   ) STRICT;
   CREATE INDEX log_by_trial ON log (run, trial);
   CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
  `ALTER TABLE run ADD COLUMN elapsed_ms REAL NOT NULL DEFAULT 0;`,
  `ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT '';
   ALTER TABLE run ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE run ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE run ADD COLUMN deleted_at TEXT;
   ALTER TABLE trial ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE trial ADD COLUMN note TEXT NOT NULL DEFAULT '';`,
  `ALTER TABLE step ADD COLUMN stopped_in TEXT;
   ALTER TABLE step ADD COLUMN stopped_at TEXT;
   CREATE INDEX step_by_stop ON step (stopped_at);`,
  addDigests,
];

/** Rows that are there already are taken for what they say. */
function addDigests(connection: Connection): void {
  const add = <R>(table: string, digestOf: (row: R) => string): void => {
    connection.exec(`ALTER TABLE ${table} ADD COLUMN digest TEXT NOT NULL DEFAULT ''`);
    const read = connection.prepare(`SELECT rowid, * FROM ${table} WHERE rowid = ?`);
    const write = connection.prepare(`UPDATE ${table} SET digest = ? WHERE rowid = ?`);
    // One at a time: answers on fifty thousand images are megabytes.
    for (const { rowid } of connection.prepare(`SELECT rowid FROM ${table}`).all() as { rowid: number }[])
      write.run(digestOf(read.get(rowid) as R), rowid);
  };
  add('step', stepDigest);
  add('run', runDigest);
  add('trial', trialDigest);
  add('setting', settingDigest);
}

/**
 * Opens (and, where needed, creates or migrates) the journal. Write-ahead logging lets the window read while a run on the
 * command line writes; `synchronous=FULL` makes a finished step survive a power cut.
 * @throws `store.newer`, `store.damaged`, `output.unwritable`
 */
export function openDatabase(path: string): Connection {
  let connection: Connection;
  try {
    connection = new Database(path, { timeout: 10_000 });
    connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;');
  } catch (thrown) {
    throw databaseError(path, thrown);
  }
  const migrate = connection.transaction(() => {
    const version = schemaVersion(connection);
    if (version > migrations.length)
      throw new AppError('store.newer', { path, found: version, known: migrations.length });
    for (const migration of migrations.slice(version)) {
      if (typeof migration === 'string') connection.exec(migration);
      else migration(connection);
    }
    connection.exec(`PRAGMA user_version=${migrations.length}`);
  });
  try {
    checkPages(connection);
    mendText(connection);
    if (schemaVersion(connection) !== migrations.length) migrate.immediate();
  } catch (thrown) {
    connection.close();
    throw databaseError(path, thrown);
  }
  return tellingDamage(connection, path);
}

/**
 * The connection, with statements that throw `store.damaged` where they come upon pages that hold no table, or upon a schema with other names: the
 * quick check looks at neither.
 */
function tellingDamage(connection: Connection, path: string): Connection {
  const told = <T>(act: () => T): T => {
    try {
      return act();
    } catch (thrown) {
      throw isDamage(thrown) ? databaseError(path, thrown) : thrown;
    }
  };
  const prepare = connection.prepare.bind(connection) as (sql: string) => Statement;
  const guarded = (sql: string): Statement => {
    const statement = told(() => prepare(sql));
    for (const method of ['get', 'all', 'run'] as const) {
      const act = statement[method].bind(statement);
      statement[method] = (...values) => told(() => act(...values));
    }
    return statement;
  };
  return Object.assign(connection, { prepare: guarded });
}

type Statement = Record<'get' | 'all' | 'run', (...values: unknown[]) => unknown>;

/** What SQLite says of a file that is not as it was written. Whittle's own statements fit the schema. */
const damages =
  /malformed|not a database|SQLITE_CORRUPT|SQLITE_NOTADB|UTF-8|no such|no column named|foreign key mismatch|syntax error|cannot store|NOT NULL constraint/i;

const isDamage = (thrown: unknown): boolean => thrown instanceof Error && damages.test(thrown.message);

/** A torn copy opens without complaint and fails in the middle of a run: better here. */
function checkPages(connection: Connection): void {
  const { quick_check: found } = connection.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (found !== 'ok') throw new Error(found.split('\n').join(' '));
}

function schemaVersion(connection: Connection): number {
  const row = connection.prepare('PRAGMA user_version').get() as { user_version: number };
  return row.user_version;
}

/** Brings everything into the one file first, as far as others do not read it just now: people copy that file. */
export function closeDatabase(connection: Connection): void {
  try {
    connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // Without room on the disk it stays in the write-ahead log, which the next opening reads.
  }
  connection.close();
}

/** What SQLite threw as an error people can act on. */
export function databaseError(path: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (/disk is full|disk I\/O|SQLITE_FULL/i.test(detail)) return new AppError('output.disk-full', { path });
  if (/unable to open|readonly|permission/i.test(detail)) {
    return new AppError('output.unwritable', { path, detail: 'the database file cannot be opened for writing' });
  }
  return new AppError('store.damaged', { path, detail });
}
