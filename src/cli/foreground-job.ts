import type { Engine } from '../main/engine/create-engine';
import type { Job, JobResults } from '../main/engine/jobs/job';
import type { Order } from '../main/engine/jobs/order';
import { findTechnique } from '../main/engine/techniques/registry';
import { onEndRequest, type EndRequest } from './end-requests';
import { ProgressLine } from './progress-line';

/** What Ctrl-C does while a network is trained, before and after the first. */
const [mayStop, hasStopped] = [
  'Ctrl-C: stop training, keep the best so far',
  'Ctrl-C again: cancel, nothing is written',
];

/**
 * Runs one job in a worker and shows its progress; notes and log lines go to standard error, notes to `notes` too. Interrupt stops it: where
 * it trains, the first ends the training with the best so far, and the second stops it. Other requests to end stop it at once.
 */
export async function runJob<K extends Job['kind']>(
  engine: Engine,
  order: Order & { kind: K },
  notes: string[] = [],
): Promise<JobResults[K]> {
  const line = new ProgressLine();
  const startedAt = Date.now();
  const [abort, stop] = [new AbortController(), new AbortController()];
  const endsByHand = mayEndByHand(order);
  const say = (text: string): void => {
    line.clear();
    process.stderr.write(`${text}\n`);
  };
  const interrupt = (request: EndRequest): void => {
    if (request !== 'SIGINT' || !endsByHand || stop.signal.aborted) return abort.abort();
    stop.abort();
    say(`Training stops after this batch; what was best so far is kept and written. ${hasStopped}.`);
  };
  const off = onEndRequest(interrupt);
  try {
    return await engine.executor.run<K>(
      order,
      {
        progress: (stage, done, total) => {
          const hint = endsByHand ? (stop.signal.aborted ? hasStopped : mayStop) : undefined;
          line.update({ stage, done, total, elapsedMs: Date.now() - startedAt, hint });
        },
        note: (sentence) => {
          notes.push(sentence);
          say(sentence);
        },
        log: say,
        stop: stop.signal,
      },
      abort.signal,
    );
  } finally {
    off();
    line.clear();
  }
}

const mayEndByHand = (order: Order): boolean =>
  order.kind === 'compress' && findTechnique(order.technique).endsByHand === true;
