import { toAppError } from '@shared/errors';
import type { Engine } from './create-engine';

/** Collects where a disk budget is set. What goes wrong is no reason to stop anything: the next time tries again. */
export async function keepWithinBudget(engine: Pick<Engine, 'settings' | 'collect'>): Promise<void> {
  const { diskBudgetBytes } = engine.settings();
  if (diskBudgetBytes === null) return;
  try {
    await engine.collect(diskBudgetBytes);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'store.busy') process.stderr.write(`The disk budget was not kept: ${error.message}\n`);
  }
}
