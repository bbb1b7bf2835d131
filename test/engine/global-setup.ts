import { ensureBuilt } from '../../scripts/ensure.mjs';

/** The engine tests start the built engine, worker and command line as processes: build them first. */
export default async function setup(): Promise<void> {
  await ensureBuilt();
}
