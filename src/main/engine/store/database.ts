import Database from 'libsql';
import { AppError } from '@shared/errors';
import { mendText } from './mend-text';

export type Connection = InstanceType<typeof Database>;

/** Each entry brings the schema from its index to the next version. Never edit one that was released: add another. */
const migrations: readonly string[] = [
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
  // Rows that are there stay as they are: no journal is written anew, however large.
  ['step', 'run', 'trial', 'setting'].map((table) => `ALTER TABLE ${table} ADD COLUMN digest TEXT`).join(';'),
];

/**
 * Opens (and, where needed, creates or migrates) the journal. Write-ahead logging lets the window read while a run on the
 * command line writes; `synchronous=FULL` makes a finished step survive a power cut.
 * @param waitMs for another process that holds it
 * @throws `store.newer`, `store.busy`, `store.damaged`, `output.unwritable`, `output.disk-full`
 */
export function openDatabase(path: string, waitMs = 10_000): Connection {
  let connection: Connection | undefined;
  try {
    connection = new Database(path, { timeout: waitMs });
    // First of all: a journal of a newer version stays as it is.
    refuseNewer(connection, path);
    connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;');
    checkPages(connection);
    if (schemaVersion(connection) !== migrations.length) migrate(connection, path);
    mendText(connection);
    // Not before: a run whose id is mended has another than its trials name.
    connection.exec('PRAGMA foreign_keys=ON');
  } catch (thrown) {
    connection?.close();
    throw databaseError(path, thrown);
  }
  return telling(connection, path);
}

function refuseNewer(connection: Connection, path: string): void {
  const found = schemaVersion(connection);
  if (found > migrations.length) throw new AppError('store.newer', { path, found, known: migrations.length });
}

function migrate(connection: Connection, path: string): void {
  const act = connection.transaction(() => {
    // Another process may have done so meanwhile.
    refuseNewer(connection, path);
    for (const migration of migrations.slice(schemaVersion(connection))) connection.exec(migration);
    connection.exec(`PRAGMA user_version=${migrations.length}`);
  });
  act.immediate();
}

/**
 * The connection, with statements that throw `store.damaged` where they come upon pages that hold no table, or upon a schema with other names: the
 * quick check looks at neither. What another process holds for longer than it is waited for throws `store.busy`.
 */
function telling(connection: Connection, path: string): Connection {
  const prepare = connection.prepare.bind(connection) as Prepare;
  const told = <T>(act: () => T): T => {
    try {
      return act();
    } catch (thrown) {
      throw isBusy(thrown) || isDamage(thrown, prepare) ? databaseError(path, thrown) : thrown;
    }
  };
  const guarded = (sql: string): Statement => {
    const statement = told(() => prepare(sql));
    for (const method of ['get', 'all', 'run'] as const) {
      const act = statement[method].bind(statement);
      statement[method] = (...values) => told(() => act(...values));
    }
    return statement;
  };
  // Transactions begin and end with it.
  const exec = connection.exec.bind(connection);
  return Object.assign(connection, { prepare: guarded, exec: (sql: string) => told(() => exec(sql)) });
}

type Statement = Record<'get' | 'all' | 'run', (...values: unknown[]) => unknown>;
type Prepare = (sql: string) => Statement;

/** What SQLite says of a file that is not as it was written. */
const damages = /SQLITE_CORRUPT|SQLITE_NOTADB|malformed database|image is malformed|not a database|UTF-8/i;

/** What it says of a statement that does not fit the schema: a fault of the statement, unless the schema is not as it was made. */
const misfits = /no such|no column named|foreign key mismatch|syntax error|cannot store|NOT NULL constraint/i;

function isDamage(thrown: unknown, prepare: Prepare): boolean {
  if (!(thrown instanceof Error)) return false;
  const said = `${String((thrown as { code?: unknown }).code)} ${thrown.message}`;
  return damages.test(said) || (misfits.test(said) && !hasSchema(prepare));
}

/** Tables with the names, types and keys of their columns, and what they refer to. */
const schemaShape = `SELECT t.name, c.name AS column, c.type, c.pk, f."table" AS target, f."to" AS "to"
  FROM sqlite_schema t JOIN pragma_table_info(t.name) c LEFT JOIN pragma_foreign_key_list(t.name) f ON f."from" = c.name
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid`;

/** Whether the tables are those that the migrations make. */
function hasSchema(prepare: Prepare): boolean {
  const made = new Database(':memory:');
  try {
    for (const migration of migrations) made.exec(migration);
    return shapeOf((sql) => made.prepare(sql) as Statement) === shapeOf(prepare);
  } catch {
    return false;
  } finally {
    made.close();
  }
}

const shapeOf = (prepare: Prepare): string =>
  JSON.stringify((prepare(schemaShape).all() as object[]).map((row) => ({ ...row, _metadata: undefined })));

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

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  /SQLITE_BUSY|database is locked/i.test(`${String((thrown as { code?: unknown }).code)} ${thrown.message}`);

/** What SQLite threw as an error people can act on. */
export function databaseError(path: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (isBusy(thrown)) return new AppError('store.busy', { path });
  if (/disk is full|disk I\/O|SQLITE_FULL/i.test(detail)) return new AppError('output.disk-full', { path });
  if (/unable to open|readonly|permission/i.test(detail)) {
    return new AppError('output.unwritable', { path, detail: 'the database file cannot be opened for writing' });
  }
  return new AppError('store.damaged', { path, detail });
}
