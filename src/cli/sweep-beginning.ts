import { formatCounted } from '@shared/format';
import { measurementsToRepeat } from '../main/engine/sweep/remeasure';
import type { RunRecord } from '../main/engine/store/run-records';
import type { Engine } from '../main/engine/create-engine';
import type { PreparedSweep } from '../main/engine/sweep/prepare-sweep';
import type { Launched } from '../main/engine/sweep/run-manager';
import type { Arguments } from './arguments';

/** The last run of a sweep that is taken up again as the options say; undefined where they ask for a new one, or there is none. */
export function earlierRun(engine: Engine, sweepSha256: string, arguments_: Arguments): RunRecord | undefined {
  const [isRemeasured, isResumed] = [arguments_.flag('remeasure'), arguments_.flag('resume')];
  if (!isRemeasured && !isResumed) return undefined;
  return engine.workspace.runs
    .list()
    .find(({ manifest, status }) => manifest.sweepSha256 === sweepSha256 && (isRemeasured || status !== 'done'));
}

/** How a sweep begins when it is its turn; until then all but the first are queued. */
export function beginning(
  engine: Engine,
  prepared: PreparedSweep,
  arguments_: Arguments,
  isFirst: boolean,
): { queuedId?: string; begin(): Launched } {
  const { runs } = engine;
  if (arguments_.flag('remeasure')) return { begin: () => remeasure(engine, prepared, arguments_) };
  const unfinished = earlierRun(engine, prepared.manifest.sweepSha256, arguments_);
  if (arguments_.flag('resume') && !unfinished)
    process.stderr.write('There is no unfinished run of this sweep; starting a new one.\n');
  if (unfinished) return { begin: () => runs.resume(unfinished.id, prepared) };
  if (isFirst) return { begin: () => runs.start(prepared) };
  const queuedId = runs.enqueue(prepared);
  return { queuedId, begin: () => runs.resume(queuedId, prepared) };
}

function remeasure(engine: Engine, prepared: PreparedSweep, arguments_: Arguments): Launched {
  const last = earlierRun(engine, prepared.manifest.sweepSha256, arguments_);
  if (!last) {
    process.stderr.write('There is no run of this sweep yet; starting one.\n');
    return engine.runs.start(prepared);
  }
  const keys = measurementsToRepeat(engine.runs.view(last.id));
  if (keys.length === 0) {
    process.stderr.write(`No measurement of run ${last.id} was disturbed.\n`);
    return { id: last.id, finished: Promise.resolve(last.status) };
  }
  process.stderr.write(`Measuring ${formatCounted(keys.length, 'disturbed measurement')} of run ${last.id} again.\n`);
  return engine.runs.resume(last.id, prepared, { again: keys });
}
