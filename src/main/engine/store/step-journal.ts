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
}

interface StepRow {
  key: string;
  kind: string;
  result: string;
  artifact: string | null;
  notes: string;
  elapsed_ms: number;
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
    };
  }

  has(key: string): boolean {
    return this.connection.prepare('SELECT 1 FROM step WHERE key = ?').get(key) !== undefined;
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
          'INSERT OR REPLACE INTO step (key, kind, result, artifact, notes, elapsed_ms, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          step.key,
          step.kind,
          JSON.stringify(step.result),
          step.artifact ?? null,
          JSON.stringify(step.notes),
          step.elapsedMs,
          new Date().toISOString(),
        );
      if (run !== undefined)
        this.connection.prepare('INSERT OR IGNORE INTO computed (run, key) VALUES (?, ?)').run(run, step.key);
    });
    insert.immediate();
  }

  forget(key: string): void {
    this.connection.prepare('DELETE FROM step WHERE key = ?').run(key);
  }

  /** Keys that `run` computed itself, as opposed to found. */
  computedBy(run: string): Set<string> {
    const rows = this.connection.prepare('SELECT key FROM computed WHERE run = ?').all(run) as { key: string }[];
    return new Set(rows.map((row) => row.key));
  }
}
