import Database from 'libsql';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '@shared/errors';
import { hashFile } from '../../../src/main/engine/files/hash-file';
import { ArtifactFolder } from '../../../src/main/engine/store/artifacts';
import { writeFileAtomic } from '../../../src/main/engine/files/atomic-file';
import { openDatabase } from '../../../src/main/engine/store/database';
import type { RunRecord } from '../../../src/main/engine/store/run-records';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { homeFolder } from '../../../src/main/engine/files/home-folder';
import { run } from '../../unit/matrix/trials';
import { temporaryFolder } from './temporary-folder';

function workspace(folder = temporaryFolder()): Workspace {
  const opened = openWorkspace(folder);
  onTestFinished(() => opened.close());
  return opened;
}

const errorOf = (act: () => unknown): AppError => {
  try {
    act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return thrown as AppError;
  }
  throw new Error('nothing was thrown');
};

const { sweep, manifest } = run([]);
const record = (id: string, changes: Partial<RunRecord> = {}): RunRecord => ({
  id,
  name: id,
  status: 'running',
  sweep,
  manifest,
  startedAt: '2026-01-01T00:00:00Z',
  ...changes,
});

/** A whole database in one file, without a write-ahead log beside it. */
function makeDatabase(path: string): void {
  const connection = openDatabase(path);
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  connection.close();
}

describe('openDatabase', () => {
  it('makes the schema, and opens it again with what was written', () => {
    const folder = temporaryFolder();
    const first = openDatabase(join(folder, 'a.db'));
    first.exec("INSERT INTO setting VALUES ('a', '1', '')");
    first.close();
    const second = openDatabase(join(folder, 'a.db'));
    expect(second.prepare('SELECT value FROM setting').get()).toMatchObject({ value: '1' });
    expect(second.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 5 });
    expect(second.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    second.close();
  });

  it('brings the schema of the first version to this one and keeps what is there', () => {
    const path = join(temporaryFolder(), 'a.db');
    const first = openDatabase(path);
    const added = ['elapsed_ms', 'note', 'tags', 'starred', 'deleted_at'].map((name) => ['run', name] as const);
    const signed = (['step', 'run', 'trial', 'setting'] as const).map((table) => [table, 'digest'] as const);
    for (const [table, column] of [...added, ...signed, ['trial', 'starred'] as const, ['trial', 'note'] as const])
      first.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    first.exec(
      'DROP INDEX step_by_stop; ALTER TABLE step DROP COLUMN stopped_in; ALTER TABLE step DROP COLUMN stopped_at',
    );
    first.exec("INSERT INTO setting VALUES ('a', '1'); PRAGMA user_version=1");
    first.close();
    const second = openDatabase(path);
    expect(second.prepare('SELECT value FROM setting').get()).toMatchObject({ value: '1' });
    expect(second.prepare('SELECT elapsed_ms FROM run').all()).toEqual([]);
    second.close();
  });

  it('refuses a newer schema and leaves it as it is', () => {
    const path = join(temporaryFolder(), 'a.db');
    openDatabase(path).close();
    const raw = new Database(path);
    raw.exec('PRAGMA user_version=7');
    raw.close();
    const before = readFileSync(path);
    const error = errorOf(() => openDatabase(path));
    expect(error).toMatchObject({ code: 'store.newer', facts: { path, found: 7, known: 5 } });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('leaves a newer schema as it is where a text in it is no UTF-8', () => {
    const path = join(temporaryFolder(), 'a.db');
    const raw = new Database(path);
    raw.exec(`CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      INSERT INTO setting VALUES ('a', CAST(X'ff' AS TEXT)); PRAGMA user_version=7`);
    raw.close();
    const before = readFileSync(path);
    expect(errorOf(() => openDatabase(path)).code).toBe('store.newer');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('tells of a journal that another process holds', () => {
    const path = join(temporaryFolder(), 'a.db');
    const raw = new Database(path);
    onTestFinished(() => void raw.close());
    raw.exec('CREATE TABLE a (b); BEGIN EXCLUSIVE');
    expect(errorOf(() => openDatabase(path, 10))).toMatchObject({ code: 'store.busy', facts: { path } });
  });

  it.each([
    ['a statement', (connection: Database.Database) => connection.prepare('DELETE FROM setting').run()],
    ['a transaction', (connection: Database.Database) => connection.transaction(() => undefined).immediate()],
  ])('tells of one that another process holds after it was opened: %s', (_, act) => {
    const path = join(temporaryFolder(), 'a.db');
    const connection = openDatabase(path, 10);
    const other = new Database(path);
    onTestFinished(() => {
      other.close();
      connection.close();
    });
    other.exec('BEGIN IMMEDIATE');
    expect(errorOf(() => act(connection))).toMatchObject({ code: 'store.busy', facts: { path } });
    other.exec('ROLLBACK');
    act(connection);
  });

  it('takes no fault of a statement for damage, and a schema of other names for damage', () => {
    const path = join(temporaryFolder(), 'a.db');
    const connection = openDatabase(path);
    onTestFinished(() => void connection.close());
    const codeOf = (sql: string): unknown => {
      try {
        return connection.prepare(sql).run();
      } catch (thrown) {
        return (thrown as { code: unknown }).code;
      }
    };
    const misfits = ['SELECT nothing FROM step', 'SELECT 1 FROM nowhere', 'SELEC', 'INSERT INTO run (idd) VALUES (1)'];
    expect(misfits.map(codeOf)).toEqual(misfits.map(() => 'SQLITE_ERROR'));
    expect(codeOf('INSERT INTO setting (key) VALUES (NULL)')).toBe('SQLITE_CONSTRAINT_NOTNULL');
    connection.exec('ALTER TABLE step RENAME COLUMN kind TO kine');
    expect(codeOf('SELECT kind FROM step')).toBe('store.damaged');
    connection.exec('ALTER TABLE step RENAME COLUMN kine TO kind; DROP TABLE log');
    expect(codeOf('SELECT 1 FROM log')).toBe('store.damaged');
  });

  it.each([
    ['text', (path: string) => writeFileSync(path, 'this is no database, but long enough to look at. '.repeat(30))],
    ['a database cut in the middle', (path: string) => (makeDatabase(path), truncateSync(path, 5000))],
    [
      'a database whose pages are overwritten',
      (path: string) => {
        makeDatabase(path);
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xaa, 100));
      },
    ],
  ])('refuses %s with a sentence and leaves it as it is', (_what, damage) => {
    const path = join(temporaryFolder(), 'whittle.db');
    damage(path);
    const before = readFileSync(path);
    const error = errorOf(() => openDatabase(path));
    expect(error.code).toBe('store.damaged');
    expect(error.message).toMatch(/^The database .*whittle\.db cannot be read \(.+\)\. Move it away/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a path where no file can be', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'a.db'));
    expect(errorOf(() => openDatabase(join(folder, 'a.db')))).toMatchObject({ code: 'output.unwritable' });
    expect(errorOf(() => openDatabase(join(folder, 'none', 'a.db'))).message).not.toMatch(/ConnectionFailed/);
  });
});

describe('openWorkspace', () => {
  it('refuses a folder below a file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(errorOf(() => openWorkspace(join(file, 'w')))).toMatchObject({
      code: 'output.unwritable',
      facts: { path: join(file, 'w') },
    });
  });

  it.each([
    [{ WHITTLE_HOME: '/w' }, 'linux', '/w'],
    [{ XDG_DATA_HOME: '/x' }, 'linux', '/x/whittle'],
    [{ WHITTLE_HOME: '', XDG_DATA_HOME: '/x' }, 'linux', '/x/whittle'],
  ] as const)('defaults for %j on %s', (environment, platform, folder) =>
    expect(homeFolder(environment, platform)).toBe(folder),
  );

  it('keeps settings', () => {
    const folder = temporaryFolder();
    const first = openWorkspace(folder);
    expect(first.settings.get('view')).toBeUndefined();
    first.settings.set('view', { a: [1] });
    first.settings.set('view', { a: [2], b: null });
    first.close();
    expect(workspace(folder).settings.get('view')).toEqual({ a: [2], b: null });
  });
});

describe('StepJournal', () => {
  const step = {
    key: 'k1',
    kind: 'compress',
    result: { sizeBytes: 5 },
    artifact: 'ab'.repeat(32),
    notes: ['a note'],
    elapsedMs: 12.5,
  };

  it('finds what was recorded, also after reopening', () => {
    const folder = temporaryFolder();
    const first = openWorkspace(folder);
    first.runs.create(record('r1'), []);
    first.steps.record(step, 'r1');
    first.close();
    const { steps } = workspace(folder);
    expect(steps.find('k1')).toEqual(step);
    expect(steps.has('k1')).toBe(true);
    expect(steps.find('k2')).toBeUndefined();
    expect(steps.computedBy('r1')).toEqual(new Set(['k1']));
    expect(steps.computedBy('r2')).toEqual(new Set());
  });

  it('replaces, forgets, and remembers every run that computed a step', () => {
    const { steps, runs } = workspace();
    for (const id of ['r1', 'r2']) runs.create(record(id), []);
    steps.record(step, 'r1');
    steps.record({ ...step, artifact: undefined, result: [1] }, 'r2');
    expect(steps.find('k1')).toMatchObject({ result: [1], artifact: undefined });
    steps.forget('k1');
    expect(steps.has('k1')).toBe(false);
    expect([steps.computedBy('r1').size, steps.computedBy('r2').size]).toEqual([1, 1]);
  });

  it('what was stopped by hand counts in its run alone, until the step is done in full', () => {
    const { steps, runs } = workspace();
    for (const id of ['r1', 'r2']) runs.create(record(id), []);
    const stopped = { run: 'r1', at: 'k1' };
    steps.record({ ...step, stopped }, 'r1');
    steps.record({ ...step, key: 'k2', stopped }, 'r1');
    steps.record({ ...step, key: 'k3' }, 'r1');
    expect(steps.find('k2')).toEqual({ ...step, key: 'k2', stopped });
    expect(['k1', 'k2', 'k3'].map((key) => [steps.has(key), steps.has(key, 'r2'), steps.has(key, 'r1')])).toEqual([
      [false, false, true],
      [false, false, true],
      [true, true, true],
    ]);
    // Times of whole steps tell what steps take.
    expect(steps.costsOf('r1').map(({ key }) => key)).toEqual(['k3']);
    steps.record(step, 'r2');
    expect(['k1', 'k2', 'k3'].map((key) => steps.has(key, 'r1'))).toEqual([true, false, true]);
  });

  it('records nothing at all for a run that is not there', () => {
    const { steps } = workspace();
    expect(() => steps.record(step, 'gone')).toThrow(/FOREIGN KEY/i);
    expect(steps.has('k1')).toBe(false);
  });
});

describe('RunRecords', () => {
  it('keeps runs and their trials in order', () => {
    const { runs } = workspace();
    runs.create(record('r1'), [
      { id: 'm/b', plan: { x: 1 } },
      { id: 'm/a', plan: {} },
    ]);
    runs.create(record('r2', { startedAt: '2026-01-02T00:00:00Z' }), []);
    expect(runs.list().map((each) => each.id)).toEqual(['r2', 'r1']);
    const unmarked = { note: '', tags: [], starred: false };
    expect(runs.find('r1')).toEqual({ ...record('r1'), elapsedMs: 0, endedAt: undefined, ...unmarked });
    expect(runs.find('r3')).toBeUndefined();
    expect(runs.trials('r1')).toEqual([
      { run: 'r1', id: 'm/b', plan: { x: 1 }, status: 'waiting', error: undefined, starred: false, note: '' },
      { run: 'r1', id: 'm/a', plan: {}, status: 'waiting', error: undefined, starred: false, note: '' },
    ]);
    runs.setTrialStatus('r1', 'm/a', 'failed', { code: 'cancelled', facts: { a: 1 } });
    expect(runs.trials('r1')[1]).toMatchObject({ status: 'failed', error: { code: 'cancelled', facts: { a: 1 } } });
    expect(runs.trials('r1')[0]!.status).toBe('waiting');
  });

  it('creates a run as a whole or not at all', () => {
    const { runs } = workspace();
    expect(() =>
      runs.create(record('r1'), [
        { id: 'm/a', plan: {} },
        { id: 'm/a', plan: {} },
      ]),
    ).toThrow();
    expect(runs.find('r1')).toBeUndefined();
  });

  it('marks what was under way as interrupted, and only that', () => {
    const { runs } = workspace();
    for (const [id, status] of [
      ['live', 'running'],
      ['paused', 'paused'],
      ['done', 'done'],
      ['failed', 'failed'],
    ] as const) {
      runs.create(record(id, { status }), [
        { id: 'run', plan: {} },
        { id: 'wait', plan: {} },
        { id: 'end', plan: {} },
      ]);
      runs.setTrialStatus(id, 'run', 'running');
      runs.setTrialStatus(id, 'end', 'done');
    }
    expect(runs.markInterrupted()).toEqual([
      { id: 'live', wasPaused: false },
      { id: 'paused', wasPaused: true },
    ]);
    expect(runs.trials('live').map((trial) => trial.status)).toEqual(['interrupted', 'waiting', 'done']);
    expect(runs.find('paused')).toMatchObject({ status: 'interrupted', endedAt: expect.any(String) as string });
    expect(runs.find('done')!.status).toBe('done');
    expect(runs.trials('failed')[0]!.status).toBe('running');
    expect(runs.markInterrupted()).toEqual([]);
  });

  it('keeps the log of each trial in order, long lines cut', () => {
    const { runs } = workspace();
    runs.create(record('r1'), []);
    for (const line of ['one', 'two', 'x'.repeat(5000)]) runs.appendLog('r1', 'm/a', line);
    runs.appendLog('r1', 'm/b', 'other');
    const log = runs.log('r1', 'm/a');
    expect(log.map((line) => line.slice(10, 13))).toEqual(['one', 'two', 'xxx']);
    expect(log[0]).toMatch(/^\d\d:\d\d:\d\d {2}one$/);
    expect(log[2]!.length).toBe(2010);
  });
});

describe('ArtifactFolder', () => {
  const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

  it('moves a finished file to the place its content names', async () => {
    const artifacts = new ArtifactFolder(temporaryFolder());
    const content = Buffer.alloc(3_000_000, 'whittle');
    const path = artifacts.reserve('step');
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, content);
    const stored = await artifacts.adopt(path);
    expect(stored).toEqual({ sha256: sha256(content), sizeBytes: content.length });
    expect(artifacts.path(stored.sha256)).toBe(
      join(artifacts.folder, stored.sha256.slice(0, 2), `${stored.sha256}.onnx`),
    );
    expect(readFileSync(artifacts.path(stored.sha256)).equals(content)).toBe(true);
    expect(artifacts.has(stored.sha256)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('takes the same content twice', async () => {
    const artifacts = new ArtifactFolder(temporaryFolder());
    const adopt = async (name: string) => {
      const path = artifacts.reserve(name);
      writeFileSync(path, 'same');
      return artifacts.adopt(path);
    };
    expect(await adopt('a')).toEqual(await adopt('b'));
    expect(readdirSync(join(artifacts.folder, 'incoming'))).toEqual([]);
  });

  it('discards and sweeps what was not adopted', async () => {
    const artifacts = new ArtifactFolder(temporaryFolder());
    const path = artifacts.reserve('a');
    await artifacts.discard(path);
    writeFileSync(path, 'x');
    await artifacts.discard(path);
    for (const name of ['b.onnx', '.b.onnx.123.tmp']) writeFileSync(join(artifacts.folder, 'incoming', name), 'x');
    await artifacts.sweepIncoming();
    expect(readdirSync(join(artifacts.folder, 'incoming'))).toEqual([]);
    await new ArtifactFolder(join(artifacts.folder, 'none')).sweepIncoming();
  });

  it('hashes an empty file and one of many chunks as sha256 does', async () => {
    const folder = temporaryFolder();
    for (const content of [Buffer.alloc(0), Buffer.alloc((1 << 20) * 2 + 1, 7)]) {
      writeFileSync(join(folder, 'f'), content);
      expect(await hashFile(join(folder, 'f'))).toBe(sha256(content));
    }
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file and leaves nothing beside it', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.csv');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, [Buffer.from('ne'), Buffer.from(''), Buffer.from('w')]);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.csv']);
  });

  it.each([
    [
      'a folder of that name',
      (folder: string) => (mkdirSync(join(folder, 'x')), join(folder, 'x')),
      'there is a folder of that name',
    ],
    ['no such folder', (folder: string) => join(folder, 'none', 'x'), 'the folder does not exist'],
    [
      'a file for a folder',
      (folder: string) => (writeFileSync(join(folder, 'f'), ''), join(folder, 'f', 'x')),
      'a part of the path is a file, not a folder',
    ],
    ['too long a name', (folder: string) => join(folder, 'n'.repeat(300)), 'the name is too long'],
  ])('says why it cannot write: %s', async (_what, make, detail) => {
    const folder = temporaryFolder();
    const path = make(folder);
    const before = readdirSync(folder);
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
      code: 'output.unwritable',
      facts: { path, detail },
    });
    expect(readdirSync(folder)).toEqual(before);
  });
});
