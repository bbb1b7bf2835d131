import Database from 'libsql';
import { join } from 'node:path';

export interface JournalStep {
  key: string;
  kind: string;
  result: unknown;
  finishedAt: string;
}

/** The journal of a workspace, read beside the running engine. */
export function readJournal(home: string): { steps: JournalStep[]; finishLines: string[]; runStatus: string[] } {
  const database = new Database(join(home, 'whittle.db'), { readonly: true });
  try {
    const steps = database.prepare('SELECT key, kind, result, finished_at AS finishedAt FROM step').all() as {
      key: string;
      kind: string;
      result: string;
      finishedAt: string;
    }[];
    const lines = database.prepare("SELECT trial, line FROM log WHERE line LIKE '%: done in %'").all() as {
      trial: string;
      line: string;
    }[];
    const runs = database.prepare('SELECT status FROM run ORDER BY started_at').all() as { status: string }[];
    return {
      steps: steps.map((step) => ({ ...step, result: JSON.parse(step.result) as unknown })),
      finishLines: lines.map(({ trial, line }) => `${trial} ${line.replace(/: done in .*/, '')}`),
      runStatus: runs.map((run) => run.status),
    };
  } finally {
    database.close();
  }
}
