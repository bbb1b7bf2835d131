import type { Connection } from './database';
import { jsonOf, textOf } from './json-column';
import { stepDigest, type StepColumns } from './row-digest';

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

interface StepRow extends StepColumns {
  digest: string | null;
}

/**
 * Finished steps by key: the memory that makes a second sweep, or a resumed one, compute nothing twice. A row that does not hold what was
 * written there counts as none, so that the step is computed again.
 */
export class StepJournal {
  /** Keys of rows that were found to hold what was written. */
  private readonly whole = new Set<string>();

  constructor(private readonly connection: Connection) {}

  find(key: string): FinishedStep | undefined {
    const row = this.row(key);
    if (!row || !this.isWhole(row)) return undefined;
    const [result, notes] = [jsonOf(row.result), jsonOf(row.notes)];
    if (result === undefined || !Array.isArray(notes)) {
      // Somebody edited it since.
      this.whole.delete(key);
      return undefined;
    }
    return {
      key: row.key,
      kind: row.kind,
      result,
      artifact: row.artifact ?? undefined,
      notes: notes as string[],
      elapsedMs: row.elapsed_ms,
      ...(row.stopped_in !== null && { stopped: { run: row.stopped_in, at: row.stopped_at ?? row.key } }),
    };
  }

  /** Whether there is a row of the key that does not hold what was written there. */
  isDamaged(key: string): boolean {
    if (this.whole.has(key)) return false;
    const row = this.row(key);
    return row !== undefined && !this.isWhole(row);
  }

  /** Whether there is a result that the key stands for. @param run the run for which one that was stopped in it counts too */
  has(key: string, run = ''): boolean {
    const found = this.connection
      .prepare('SELECT 1 FROM step WHERE key = ? AND (stopped_in IS NULL OR stopped_in = ?)')
      .get(key, run);
    return found !== undefined && !this.isDamaged(key);
  }

  private row(key: string): StepRow | undefined {
    const row = this.connection
      .prepare(
        `SELECT key, kind, CAST(result AS BLOB) AS bytes, artifact, notes, elapsed_ms, finished_at, stopped_in, stopped_at, digest
         FROM step WHERE key = ?`,
      )
      .get(key) as (Omit<StepRow, 'result'> & { bytes: Uint8Array }) | undefined;
    // What is no UTF-8 is no JSON either.
    return row && { ...row, result: textOf(row.bytes) ?? '' };
  }

  /** Looked at once a key: answers on fifty thousand images are megabytes. */
  private isWhole(row: StepRow): boolean {
    if (this.whole.has(row.key)) return true;
    const isWhole =
      row.digest === null
        ? jsonOf(row.result) !== undefined && Array.isArray(jsonOf(row.notes))
        : row.digest === stepDigest(row);
    if (isWhole) this.whole.add(row.key);
    return isWhole;
  }

  /** Every step that made a file, with the sha256 of what it made. */
  artifacts(): { key: string; artifact: string; finishedAt: string }[] {
    return this.connection
      .prepare('SELECT key, artifact, finished_at AS finishedAt FROM step WHERE artifact IS NOT NULL')
      .all() as { key: string; artifact: string; finishedAt: string }[];
  }

  /** One transaction; the artifact is on disk already. `run`, if it was one, is remembered as the one that computed it. */
  record(step: FinishedStep, run?: string): void {
    const row = {
      key: step.key,
      kind: step.kind,
      result: JSON.stringify(step.result),
      artifact: step.artifact ?? null,
      notes: JSON.stringify(step.notes),
      elapsed_ms: step.elapsedMs,
      finished_at: new Date().toISOString(),
      stopped_in: step.stopped?.run ?? null,
      stopped_at: step.stopped?.at ?? null,
    };
    const columns = Object.keys(row);
    const insert = this.connection.transaction(() => {
      this.connection
        .prepare(
          `INSERT OR REPLACE INTO step (${columns.join(', ')}, digest) VALUES (${columns.map(() => '?').join(', ')}, ?)`,
        )
        .run(...Object.values(row), stepDigest(row));
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

  /** What the steps that `run` computed in full took, with the size of the file that each made; none of damaged rows. */
  costsOf(run: string): { key: string; elapsedMs: number; sizeBytes?: number }[] {
    const rows = this.connection
      .prepare(
        `SELECT step.key, step.elapsed_ms, step.artifact IS NOT NULL AS isFile
         FROM computed JOIN step ON step.key = computed.key WHERE computed.run = ? AND step.stopped_in IS NULL`,
      )
      .all(run) as { key: string; elapsed_ms: number; isFile: number }[];
    return rows.flatMap(({ key, elapsed_ms: elapsedMs, isFile }) => {
      if (!isFile) return this.isDamaged(key) ? [] : [{ key, elapsedMs }];
      const step = this.find(key);
      return step ? [{ key, elapsedMs, sizeBytes: (step.result as { sizeBytes?: number } | null)?.sizeBytes }] : [];
    });
  }

  /** Keys that `run` computed itself, as opposed to found. */
  computedBy(run: string): Set<string> {
    const rows = this.connection.prepare('SELECT key FROM computed WHERE run = ?').all(run) as { key: string }[];
    return new Set(rows.map((row) => row.key));
  }
}
