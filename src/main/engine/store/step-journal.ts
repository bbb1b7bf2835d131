import type { Connection } from './database';

/** A step that finished, as the journal keeps it. `result` is the step's own JSON. */
export interface FinishedStep {
  key: string;
  kind: string;
  result: unknown;
  /** sha256 of the artifact, for steps that make a file. */
  artifact?: string;
  notes: string[];
  elapsedMs: number;
  /** A training was stopped by hand, in this step or one that it follows from. Absent: the result is what the key stands for. */
  stopped?: Stop;
}

interface Stop {
  /** The run for which alone the result stands for its key. */
  run: string;
  /** Key of the step that was stopped; of several, the first. */
  at: string;
}

interface StepRow {
  key: string;
  kind: string;
  result: string;
  artifact: string | null;
  notes: string;
  elapsed_ms: number;
  stopped_in: string | null;
  stopped_at: string | null;
}

/** Finished steps by key: the memory that makes a second sweep, or a resumed one, compute nothing twice. */
export class StepJournal {
  constructor(private readonly connection: Connection) {}

  find(key: string): FinishedStep | undefined {
    const row = this.connection.prepare('SELECT * FROM step WHERE key = ?').get(key) as StepRow | undefined;
    if (!row) return undefined;
    return {
      key: row.key,
      kind: row.kind,
      result: JSON.parse(row.result) as unknown,
      artifact: row.artifact ?? undefined,
      notes: JSON.parse(row.notes) as string[],
      elapsedMs: row.elapsed_ms,
      ...(row.stopped_in !== null && { stopped: { run: row.stopped_in, at: row.stopped_at ?? row.key } }),
    };
  }

  /** Whether there is a result that the key stands for. @param run the run for which one that was stopped in it counts too */
  has(key: string, run = ''): boolean {
    return (
      this.connection
        .prepare('SELECT 1 FROM step WHERE key = ? AND (stopped_in IS NULL OR stopped_in = ?)')
        .get(key, run) !== undefined
    );
  }

  /** Every step that made a file, with the sha256 of what it made. */
  artifacts(): { key: string; artifact: string; finishedAt: string }[] {
    return this.connection
      .prepare('SELECT key, artifact, finished_at AS finishedAt FROM step WHERE artifact IS NOT NULL')
      .all() as { key: string; artifact: string; finishedAt: string }[];
  }

  /** One transaction; the artifact is on disk already. `run`, if it was one, is remembered as the one that computed it. */
  record(step: FinishedStep, run?: string): void {
    const insert = this.connection.transaction(() => {
      this.connection
        .prepare(
          'INSERT OR REPLACE INTO step (key, kind, result, artifact, notes, elapsed_ms, finished_at, stopped_in, stopped_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          step.key,
          step.kind,
          JSON.stringify(step.result),
          step.artifact ?? null,
          JSON.stringify(step.notes),
          step.elapsedMs,
          new Date().toISOString(),
          step.stopped?.run ?? null,
          step.stopped?.at ?? null,
        );
      // What was found out about another file that this step made when it was stopped.
      this.connection.prepare('DELETE FROM step WHERE stopped_at = ? AND key <> ?').run(step.key, step.key);
      if (run !== undefined)
        this.connection.prepare('INSERT OR IGNORE INTO computed (run, key) VALUES (?, ?)').run(run, step.key);
    });
    insert.immediate();
  }

  forget(key: string): void {
    this.connection.prepare('DELETE FROM step WHERE key = ?').run(key);
  }

  /** What the steps that `run` computed in full took, with the size of the file that each made. */
  costsOf(run: string): { key: string; elapsedMs: number; sizeBytes?: number }[] {
    const rows = this.connection
      .prepare(
        `SELECT step.key, step.elapsed_ms, CASE WHEN step.artifact IS NULL THEN NULL ELSE json_extract(step.result, '$.sizeBytes') END AS size
         FROM computed JOIN step ON step.key = computed.key WHERE computed.run = ? AND step.stopped_in IS NULL`,
      )
      .all(run) as { key: string; elapsed_ms: number; size: number | null }[];
    return rows.map(({ key, elapsed_ms: elapsedMs, size }) => ({ key, elapsedMs, sizeBytes: size ?? undefined }));
  }

  /** Keys that `run` computed itself, as opposed to found. */
  computedBy(run: string): Set<string> {
    const rows = this.connection.prepare('SELECT key FROM computed WHERE run = ?').all(run) as { key: string }[];
    return new Set(rows.map((row) => row.key));
  }
}
