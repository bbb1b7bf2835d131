import { createHash } from 'node:crypto';

/** What a row of the journal must not change by itself, as it is stored; a number or text a column. */
type Columns = Record<string, string | number | null>;

/** Those that a step's row is written with. */
export interface StepColumns {
  key: string;
  kind: string;
  result: string;
  artifact: string | null;
  notes: string;
  elapsed_ms: number;
  finished_at: string;
  stopped_in: string | null;
  stopped_at: string | null;
}

/** sha256 in hex of the columns that a step's row is written with, once. */
export const stepDigest = (row: StepColumns): string => {
  const { key, kind, result, artifact, notes, elapsed_ms, finished_at, stopped_in, stopped_at } = row;
  return digestOf({ key, kind, result, artifact, notes, elapsed_ms, finished_at, stopped_in, stopped_at });
};

/** Of a run: what was to be computed, and of what. Its status, times and what people say of it change. */
export const runDigest = ({ id, sweep, manifest }: { id: string; sweep: string; manifest: string }): string =>
  digestOf({ id, sweep, manifest });

/** Of a trial: its plan. */
export const trialDigest = ({ run, id, plan }: { run: string; id: string; plan: string }): string =>
  digestOf({ run, id, plan });

/** Of a setting: all of it. */
export const settingDigest = ({ key, value }: { key: string; value: string }): string => digestOf({ key, value });

/**
 * Whether a row holds what was written there. One that was written without a digest (by a version before them, in a process that is still open too)
 * is taken for what it says.
 */
export const isAsWritten = <R extends { digest: string | null }>(row: R, digest: (row: R) => string): boolean =>
  row.digest === null || row.digest === digest(row);

const digestOf = (columns: Columns): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.values(columns)))
    .digest('hex');
