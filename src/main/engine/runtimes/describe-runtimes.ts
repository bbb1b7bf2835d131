import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeInfo } from '@shared/contract';
import { toAppError } from '@shared/errors';
import { findLibrary } from './locate-library';
import { runtimes } from './registry';
import type { Runtime, RuntimeDevice } from './runtime';

/**
 * What a person may choose as a target: every runtime Whittle knows, with its version and devices or the reason why it cannot be used here.
 * @param patienceMs how long to wait for devices that a process of its own looks for; absent: as long as it takes
 */
export async function describeRuntimes(patienceMs?: number): Promise<RuntimeInfo[]> {
  return Promise.all(
    runtimes.map(async (runtime): Promise<RuntimeInfo> => {
      const { id, title, format, maximumThreads, library } = runtime;
      const path = library && findLibrary(library)?.path;
      const facts = { id, title, format, maximumThreads, ...(path !== undefined && { path }) };
      const devices = await devicesWithin(runtime, patienceMs);
      if (!devices) return { ...facts, isPending: true, problem: 'It is still being looked for', devices: [] };
      try {
        const version = runtime.version();
        const isUsable = devices.some(({ problem }) => problem === undefined);
        return isUsable ? { ...facts, version, devices } : { ...facts, problem: devices[0]?.problem, devices };
      } catch (thrown) {
        const command = path === undefined ? library?.command : undefined;
        return { ...facts, problem: toAppError(thrown).message, ...(command && { command }), devices };
      }
    }),
  );
}

/** undefined: they are still being looked for. */
async function devicesWithin(runtime: Runtime, patienceMs: number | undefined): Promise<RuntimeDevice[] | undefined> {
  if (!runtime.probe || patienceMs === undefined) return runtime.devices();
  return Promise.race([runtime.devices(), sleep(patienceMs, undefined)]);
}
