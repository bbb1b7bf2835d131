import { z } from 'zod';
import { AppError, isErrorCode, type ErrorReport } from '@shared/errors';
import {
  errorReportSchema,
  runStatuses,
  trialStatuses,
  type Manifest,
  type RunStatus,
  type TrialStatus,
} from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Connection } from './database';
import { jsonOf, textOf } from './json-column';
import { isAsWritten, runDigest, trialDigest } from './row-digest';

export interface RunRecord {
  id: string;
  name: string;
  status: RunStatus;
  sweep: SweepFile;
  manifest: Manifest;
  startedAt: string;
  endedAt?: string;
  /** Time under way so far, over all times it was resumed. */
  elapsedMs?: number;
  /** What people said of it. */
  note?: string;
  tags?: string[];
  starred?: boolean;
}

/** What tells one run from another, with its record or why that cannot be read. */
export type RunName = { id: string; name: string; startedAt: string } & (
  { record: RunRecord; error?: undefined } | { record?: undefined; error: AppError }
);

/** A run that was under way when its process died. */
export interface InterruptedRun {
  id: string;
  wasPaused: boolean;
}

/** A trial as planned; `P` is the sweep's own description of it, kept as JSON. */
export interface TrialRecord<P = unknown> {
  run: string;
  id: string;
  plan: P;
  status: TrialStatus;
  error?: ErrorReport;
  /** What people said of it. */
  starred: boolean;
  note: string;
}

/** How many trials of a run are in a status, and how many have a star. */
export type TrialCounts = Record<'done' | 'failed' | 'skipped' | 'starred' | 'total', number>;

interface RunRow {
  id: string;
  name: string;
  status: RunStatus;
  sweep: string;
  manifest: string;
  started_at: string;
  ended_at: string | null;
  elapsed_ms: number;
  note: string;
  tags: string;
  starred: number;
  digest: string | null;
}

interface TrialRow {
  run: string;
  id: string;
  plan: string;
  status: TrialStatus;
  error: string | null;
  starred: number;
  note: string;
  digest: string | null;
}

/** Runs, their trials and their logs. @throws `run.damaged` where a row does not hold what was written there */
export class RunRecords {
  /** @param path of the database, for errors */
  constructor(
    private readonly connection: Connection,
    private readonly path: string,
  ) {}

  create(run: RunRecord, trials: { id: string; plan: unknown }[]): void {
    const [sweep, manifest] = [JSON.stringify(run.sweep), JSON.stringify(run.manifest)];
    const insert = this.connection.transaction(() => {
      this.connection
        .prepare('INSERT INTO run (id, name, status, sweep, manifest, started_at, digest) VALUES (?, ?, ?, ?, ?, ?, ?)')
        .run(run.id, run.name, run.status, sweep, manifest, run.startedAt, runDigest({ id: run.id, sweep, manifest }));
      const insertTrial = this.connection.prepare(insertion(''));
      trials.forEach(({ id, plan }, position) => insertTrial.run(...newTrial(run.id, id, position, plan)));
    });
    insert.immediate();
  }

  /** Gives a run the plans it is resumed with, in place of damaged ones too; trials that are done stay so until their steps are looked up. */
  replan(run: string, trials: { id: string }[], manifest: Manifest): void {
    const update = this.connection.transaction(() => {
      this.rewrite(run, { manifest: JSON.stringify(manifest) });
      const known = trialStatuses.map((status) => `'${status}'`).join(', ');
      const updateTrial = this.connection.prepare(
        `UPDATE trial SET plan = ?, digest = ?, error = NULL, status = CASE WHEN status IN (${known}) THEN status ELSE 'waiting' END
         WHERE run = ? AND id = ?`,
      );
      for (const trial of trials) {
        const plan = JSON.stringify(trial);
        updateTrial.run(plan, trialDigest({ run, id: trial.id, plan }), run, trial.id);
      }
    });
    update.immediate();
  }

  /** Adds the trials that a run does not have yet; `sweep` names their recipes. */
  extend(run: string, sweep: SweepFile, trials: readonly { id: string }[]): void {
    const extend = this.connection.transaction(() => {
      this.rewrite(run, { sweep: JSON.stringify(sweep) });
      const { count } = this.connection.prepare('SELECT COUNT(*) AS count FROM trial WHERE run = ?').get(run) as {
        count: number;
      };
      const insert = this.connection.prepare(insertion('OR IGNORE'));
      trials.forEach((trial, at) => insert.run(...newTrial(run, trial.id, count + at, trial)));
    });
    extend.immediate();
  }

  private rewrite(id: string, change: Partial<Pick<RunRow, 'sweep' | 'manifest'>>): void {
    const row = this.connection.prepare('SELECT * FROM run WHERE id = ?').get(id) as RunRow | undefined;
    if (!row) return;
    const detail = damageOf(row);
    if (detail !== undefined) throw this.damage(id, detail);
    const { sweep, manifest } = { ...row, ...change };
    this.connection
      .prepare('UPDATE run SET sweep = ?, manifest = ?, digest = ? WHERE id = ?')
      .run(sweep, manifest, runDigest({ id, sweep, manifest }), id);
  }

  /** Newest first, without those that were deleted or are damaged. */
  list(): RunRecord[] {
    return this.names().flatMap(({ record }) => record ?? []);
  }

  /** All that were not deleted, newest first, damaged ones too. */
  names(): RunName[] {
    const rows = this.connection
      .prepare('SELECT * FROM run WHERE deleted_at IS NULL ORDER BY started_at DESC, rowid DESC')
      .all() as RunRow[];
    return rows.map((row): RunName => {
      const { id, name, started_at: at } = row;
      const named = { id, name, startedAt: isTime(at) ? at : new Date(0).toISOString() };
      const detail = damageOf(row);
      return detail === undefined ? { ...named, record: toRun(row) } : { ...named, error: this.damage(id, detail) };
    });
  }

  /** A run that was not deleted. */
  find(id: string): RunRecord | undefined {
    const row = this.connection.prepare('SELECT * FROM run WHERE id = ? AND deleted_at IS NULL').get(id) as
      RunRow | undefined;
    if (!row) return undefined;
    const detail = damageOf(row);
    if (detail !== undefined) throw this.damage(id, detail);
    return toRun(row);
  }

  private damage(run: string, detail: string): AppError {
    return new AppError('run.damaged', { run, path: this.path, detail });
  }

  /** Trials of each run by how they stand, without reading their plans. */
  counts(): Map<string, TrialCounts> {
    const rows = this.connection
      .prepare(
        `SELECT run, count(*) AS total, sum(status = 'done') AS done, sum(status = 'failed') AS failed,
                sum(status = 'skipped') AS skipped, sum(starred) AS starred
         FROM trial GROUP BY run`,
      )
      .all() as ({ run: string } & TrialCounts)[];
    return new Map(rows.map(({ run, ...counts }) => [run, counts]));
  }

  trials<P>(run: string): TrialRecord<P>[] {
    const rows = this.connection
      .prepare(
        `SELECT run, id, CAST(plan AS BLOB) AS bytes, status, error, starred, note, digest
         FROM trial WHERE run = ? ORDER BY position`,
      )
      .all(run) as (Omit<TrialRow, 'plan'> & { bytes: ArrayBuffer })[];
    return rows.map(({ bytes, ...others }) => {
      // What is no UTF-8 is no JSON either.
      const row: TrialRow = { ...others, plan: textOf(bytes) ?? '' };
      const detail = damageOfTrial(row);
      if (detail !== undefined) throw this.damage(run, `its trial "${row.id}" ${detail}`);
      return {
        run: row.run,
        id: row.id,
        plan: JSON.parse(row.plan) as P,
        status: row.status,
        error: row.error === null ? undefined : errorOf(row.error),
        starred: row.starred === 1,
        note: row.note,
      };
    });
  }

  /** Undefined where one of them is damaged. */
  readableTrials<P>(run: string): TrialRecord<P>[] | undefined {
    try {
      return this.trials<P>(run);
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'run.damaged') return undefined;
      throw thrown;
    }
  }

  /** How the trials of a run stand, without reading their plans. */
  statuses(run: string): Pick<TrialRecord, 'id' | 'status'>[] {
    return this.connection.prepare('SELECT id, status FROM trial WHERE run = ? ORDER BY position').all(run) as Pick<
      TrialRow,
      'id' | 'status'
    >[];
  }

  setRunStatus(id: string, status: RunStatus): void {
    const ended = ['queued', 'running', 'paused'].includes(status) ? null : new Date().toISOString();
    this.connection.prepare('UPDATE run SET status = ?, ended_at = ? WHERE id = ?').run(status, ended, id);
  }

  setElapsed(id: string, elapsedMs: number): void {
    this.connection.prepare('UPDATE run SET elapsed_ms = ? WHERE id = ?').run(elapsedMs, id);
  }

  setTrialStatus(run: string, trial: string, status: TrialStatus, error?: ErrorReport): void {
    this.connection
      .prepare('UPDATE trial SET status = ?, error = ? WHERE run = ? AND id = ?')
      .run(status, error ? JSON.stringify(error) : null, run, trial);
  }

  /** What a dead process left as running is interrupted, never lost. */
  markInterrupted(): InterruptedRun[] {
    const mark = this.connection.transaction(() => {
      const rows = this.connection
        .prepare("SELECT id, status FROM run WHERE status IN ('running', 'paused')")
        .all() as Pick<RunRow, 'id' | 'status'>[];
      for (const { id } of rows) {
        this.connection.prepare("UPDATE trial SET status = 'interrupted' WHERE run = ? AND status = 'running'").run(id);
        this.connection
          .prepare("UPDATE run SET status = 'interrupted', ended_at = ? WHERE id = ?")
          .run(new Date().toISOString(), id);
      }
      return rows.map(({ id, status }) => ({ id, wasPaused: status === 'paused' }));
    });
    return mark.immediate();
  }

  /** Ids of the runs that wait for their turn, the next first. */
  queued(): string[] {
    const rows = this.connection
      .prepare("SELECT id FROM run WHERE status = 'queued' AND deleted_at IS NULL ORDER BY rowid")
      .all();
    return (rows as Pick<RunRow, 'id'>[]).map(({ id }) => id);
  }

  /** A queued run starts now. */
  begin(id: string): void {
    this.connection.prepare('UPDATE run SET started_at = ? WHERE id = ?').run(new Date().toISOString(), id);
  }

  /** Takes a run out of the queue: one that never began is gone, one that had is interrupted as before. Answers whether there was one. */
  withdraw(id: string): boolean {
    const kept = this.connection
      .prepare(
        "UPDATE run SET status = 'interrupted', ended_at = ? WHERE id = ? AND status = 'queued' AND elapsed_ms > 0",
      )
      .run(new Date().toISOString(), id).changes;
    if (kept > 0) return true;
    return this.connection.prepare("DELETE FROM run WHERE id = ? AND status = 'queued'").run(id).changes > 0;
  }

  appendLog(run: string, trial: string, line: string): void {
    this.connection
      .prepare('INSERT INTO log (run, trial, at, line) VALUES (?, ?, ?, ?)')
      .run(run, trial, new Date().toISOString(), line.slice(0, 2000));
  }

  /** When something was logged last; undefined: nothing was. */
  lastLogged(run: string): string | undefined {
    const row = this.connection.prepare('SELECT max(at) AS at FROM log WHERE run = ?').get(run) as {
      at: string | null;
    };
    return row.at ?? undefined;
  }

  log(run: string, trial: string): string[] {
    const rows = this.connection
      .prepare('SELECT at, line FROM log WHERE run = ? AND trial = ? ORDER BY rowid')
      .all(run, trial) as {
      at: string;
      line: string;
    }[];
    return rows.map((row) => `${row.at.slice(11, 19)}  ${row.line}`);
  }
}

const insertion = (unless: '' | 'OR IGNORE'): string =>
  `INSERT ${unless} INTO trial (run, id, position, plan, status, digest) VALUES (?, ?, ?, ?, 'waiting', ?)`;

function newTrial(run: string, id: string, position: number, planned: unknown): (string | number)[] {
  const plan = JSON.stringify(planned);
  return [run, id, position, plan, trialDigest({ run, id, plan })];
}

const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** What is wrong with the row of a run; undefined: nothing. */
function damageOf(row: RunRow): string | undefined {
  if (!isAsWritten(row, runDigest)) return 'its sweep or manifest is not what was written';
  if (jsonOf(row.sweep) === undefined || jsonOf(row.manifest) === undefined) return 'its sweep or manifest is no JSON';
  if (!runStatuses.includes(row.status)) return `it has the status "${row.status}"`;
  if (!isTime(row.started_at) || (row.ended_at !== null && !isTime(row.ended_at))) return 'a time in it is none';
  return z.array(z.string()).safeParse(jsonOf(row.tags)).success ? undefined : 'its tags are no list of words';
}

function damageOfTrial(row: TrialRow): string | undefined {
  if (!isAsWritten(row, trialDigest) || jsonOf(row.plan) === undefined) return 'has not the plan that was written';
  if (!trialStatuses.includes(row.status)) return `has the status "${row.status}"`;
  return row.error === null || errorOf(row.error) ? undefined : 'has an error that cannot be read';
}

/** Undefined where it is none. A code of another version is told of as one. */
function errorOf(text: string): ErrorReport | undefined {
  const { data } = errorReportSchema.safeParse(jsonOf(text));
  if (!data) return undefined;
  return isErrorCode(data.code) ? data : { code: 'internal', facts: { detail: `the error "${String(data.code)}"` } };
}

function toRun(row: RunRow): RunRecord {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    sweep: JSON.parse(row.sweep) as SweepFile,
    manifest: JSON.parse(row.manifest) as Manifest,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    elapsedMs: row.elapsed_ms,
    note: row.note,
    tags: JSON.parse(row.tags) as string[],
    starred: row.starred === 1,
  };
}
