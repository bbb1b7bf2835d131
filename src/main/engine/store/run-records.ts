import type { ErrorReport } from '@shared/errors';
import type { Manifest, RunStatus, TrialStatus } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Connection } from './database';

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
}

interface TrialRow {
  run: string;
  id: string;
  plan: string;
  status: TrialStatus;
  error: string | null;
  starred: number;
  note: string;
}

/** Runs, their trials and their logs. */
export class RunRecords {
  constructor(private readonly connection: Connection) {}

  create(run: RunRecord, trials: { id: string; plan: unknown }[]): void {
    const insert = this.connection.transaction(() => {
      this.connection
        .prepare('INSERT INTO run (id, name, status, sweep, manifest, started_at) VALUES (?, ?, ?, ?, ?, ?)')
        .run(run.id, run.name, run.status, JSON.stringify(run.sweep), JSON.stringify(run.manifest), run.startedAt);
      const insertTrial = this.connection.prepare(
        'INSERT INTO trial (run, id, position, plan, status) VALUES (?, ?, ?, ?, ?)',
      );
      trials.forEach((trial, position) =>
        insertTrial.run(run.id, trial.id, position, JSON.stringify(trial.plan), 'waiting'),
      );
    });
    insert.immediate();
  }

  /** Gives a run the plans it is resumed with; trials that are done stay so until their steps are looked up. */
  replan(run: string, trials: { id: string }[], manifest: Manifest): void {
    const update = this.connection.transaction(() => {
      this.connection.prepare('UPDATE run SET manifest = ? WHERE id = ?').run(JSON.stringify(manifest), run);
      const updateTrial = this.connection.prepare('UPDATE trial SET plan = ?, error = NULL WHERE run = ? AND id = ?');
      for (const trial of trials) updateTrial.run(JSON.stringify(trial), run, trial.id);
    });
    update.immediate();
  }

  /** Adds the trials that a run does not have yet; `sweep` names their recipes. */
  extend(run: string, sweep: SweepFile, trials: readonly { id: string }[]): void {
    const extend = this.connection.transaction(() => {
      this.connection.prepare('UPDATE run SET sweep = ? WHERE id = ?').run(JSON.stringify(sweep), run);
      const { count } = this.connection.prepare('SELECT COUNT(*) AS count FROM trial WHERE run = ?').get(run) as {
        count: number;
      };
      const insert = this.connection.prepare(
        'INSERT OR IGNORE INTO trial (run, id, position, plan, status) VALUES (?, ?, ?, ?, ?)',
      );
      trials.forEach((trial, at) => insert.run(run, trial.id, count + at, JSON.stringify(trial), 'waiting'));
    });
    extend.immediate();
  }

  /** Newest first, without those that were deleted. */
  list(): RunRecord[] {
    const rows = this.connection
      .prepare('SELECT * FROM run WHERE deleted_at IS NULL ORDER BY started_at DESC, rowid DESC')
      .all() as RunRow[];
    return rows.map(toRun);
  }

  /** A run that was not deleted. */
  find(id: string): RunRecord | undefined {
    const row = this.connection.prepare('SELECT * FROM run WHERE id = ? AND deleted_at IS NULL').get(id) as
      RunRow | undefined;
    return row && toRun(row);
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
      .prepare('SELECT run, id, plan, status, error, starred, note FROM trial WHERE run = ? ORDER BY position')
      .all(run) as TrialRow[];
    return rows.map((row) => ({
      run: row.run,
      id: row.id,
      plan: JSON.parse(row.plan) as P,
      status: row.status,
      error: row.error ? (JSON.parse(row.error) as ErrorReport) : undefined,
      starred: row.starred === 1,
      note: row.note,
    }));
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
