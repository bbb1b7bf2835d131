import type { Engine } from '../main/engine/create-engine';
import type { Job, JobResults } from '../main/engine/jobs/job';
import type { Order } from '../main/engine/jobs/order';
import { ProgressLine } from './progress-line';

/** Runs one job in a worker and shows its progress; notes and log lines go to standard error, notes to `notes` too. Interrupt stops it. */
export async function runJob<K extends Job['kind']>(
  engine: Engine,
  order: Order & { kind: K },
  notes: string[] = [],
): Promise<JobResults[K]> {
  const line = new ProgressLine();
  const startedAt = Date.now();
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  const say = (text: string): void => {
    line.clear();
    process.stderr.write(`${text}\n`);
  };
  try {
    return await engine.executor.run<K>(
      order,
      {
        progress: (stage, done, total) => line.update({ stage, done, total, elapsedMs: Date.now() - startedAt }),
        note: (sentence) => {
          notes.push(sentence);
          say(sentence);
        },
        log: say,
      },
      abort.signal,
    );
  } finally {
    process.off('SIGINT', interrupt);
    line.clear();
  }
}
