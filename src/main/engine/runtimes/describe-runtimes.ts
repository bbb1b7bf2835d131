import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeInfo } from '@shared/contract';
import { toAppError } from '@shared/errors';
import { findLibrary } from './locate-library';
import { runtimes } from './registry';
import type { Runtime, RuntimeDevice } from './runtime';

/** What was seen when devices were looked for last, by runtime and library. */
const lastSeen = new Map<string, RuntimeDevice[]>();

/**
 * What a person may choose as a target: every runtime Whittle knows, with its version and devices or the reason why it cannot be used here.
 * @param patienceMs how long to wait for devices that a process of its own looks for; absent: as long as it takes
 */
export async function describeRuntimes(patienceMs?: number): Promise<RuntimeInfo[]> {
  return Promise.all(
    runtimes.map(async (runtime): Promise<RuntimeInfo> => {
      const { id, title, format, maximumThreads, library } = runtime;
      const path = library && findLibrary(library)?.path;
      const found = await devicesWithin(runtime, path, patienceMs);
      const { devices = [], isPending } = found;
      const facts = {
        id,
        title,
        format,
        maximumThreads,
        ...(path !== undefined && { path }),
        ...(isPending && { isPending }),
      };
      if (!found.devices) return { ...facts, problem: 'It is still being looked for', devices };
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

interface Seen {
  /** Absent: nothing was ever seen. */
  devices?: RuntimeDevice[];
  /** They are being looked for; `devices` are those of before. */
  isPending?: true;
}

async function devicesWithin(
  runtime: Runtime,
  path: string | undefined,
  patienceMs: number | undefined,
): Promise<Seen> {
  const key = `${runtime.id} ${path ?? ''}`;
  const looked = runtime.devices().then((devices): Seen => {
    lastSeen.set(key, devices);
    return { devices };
  });
  if (!runtime.probe || patienceMs === undefined) return looked;
  const before = (): Seen => ({ isPending: true, ...(lastSeen.has(key) && { devices: lastSeen.get(key) }) });
  return Promise.race([looked, sleep(patienceMs, undefined).then(before)]);
}
