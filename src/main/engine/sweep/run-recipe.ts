import { AppError } from '@shared/errors';
import type { JobResults } from '../jobs/job';
import type { Order } from '../jobs/order';
import { isStopped } from '../jobs/stopped';
import { incomingName } from '../store/artifacts';
import type { FinishedStep } from '../store/step-journal';
import { orderOfStep, type OrderContext } from './order-of-step';
import type { PlannedStep } from './plan';
import { workKeyOf } from './work-key';

/** Of results that follow from a training that was stopped by hand, outside of any run: nobody finds them again. */
const noRun = 'none';

/**
 * Does the compressing steps of one recipe, one after another; those that the journal has are not done again. What follows from a training
 * that was stopped by hand stays out of it for others.
 * @param run does an order in a worker
 * @returns sha256 of the last step's artifact. Throws what the orders throw.
 */
export async function runRecipe(
  steps: readonly PlannedStep[],
  context: OrderContext,
  run: (order: Order) => Promise<{ result: JobResults[Order['kind']]; notes: string[] }>,
): Promise<string> {
  const { steps: journal, artifacts } = context.workspace;
  let last: string | undefined;
  let stopped: FinishedStep['stopped'];
  for (const step of steps) {
    const known = !stopped && journal.has(step.key) ? journal.find(step.key)?.artifact : undefined;
    if (known !== undefined && artifacts.has(known)) {
      last = known;
      continue;
    }
    const started = Date.now();
    const key = workKeyOf(step, journal);
    const path = artifacts.reserve(incomingName(key));
    try {
      const { result, notes } = await run(orderOfStep({ ...step, key }, context));
      const { sha256 } = await artifacts.adopt(path);
      const elapsedMs = Date.now() - started;
      if (isStopped(result)) stopped ??= { run: noRun, at: step.key };
      journal.record({ key: step.key, kind: step.kind, result, artifact: sha256, notes, elapsedMs, stopped });
      last = sha256;
    } finally {
      await artifacts.discard(path);
    }
  }
  if (last === undefined) throw new AppError('internal', { detail: 'the recipe has no step' });
  return last;
}
