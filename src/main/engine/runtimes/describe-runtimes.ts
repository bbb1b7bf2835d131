import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RuntimeInfo } from '@shared/runtime-info';
import { toAppError } from '@shared/errors';
import { findLibrary } from './locate-library';
import { runtimes } from './registry';
import type { Runtime, RuntimeDevice } from './runtime';
import { runtimePack } from './runtime-packs';

/** What was seen when devices were looked for last, by runtime and library. */
const lastSeen = new Map<string, RuntimeDevice[]>();

/**
 * What a person may choose as a target: every runtime Whittle knows, with its version, devices and options, or the reason why it cannot be used
 * here.
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
        optionsSchema: z.toJSONSchema(runtime.options, { io: 'input' }),
        ...(path !== undefined && { path }),
        ...(isPending && { isPending }),
      };
      if (!found.devices) return { ...facts, problem: 'It is still being looked for', devices };
      const command = library && path === undefined ? library.command : runtime.remedyCommand?.();
      const pack = path === undefined ? packOf(id) : undefined;
      const remedy = { ...(command !== undefined && { command }), ...(pack && { pack }) };
      const unusable = { ...facts, lacks: lackOf(runtime, path), ...remedy, devices };
      try {
        const version = runtime.version();
        const isUsable = devices.some(({ problem }) => problem === undefined);
        return isUsable ? { ...facts, version, devices } : { ...unusable, problem: devices[0]?.problem };
      } catch (thrown) {
        return { ...unusable, problem: toAppError(thrown).message };
      }
    }),
  );
}

/** What can be fetched for this platform. */
function packOf(id: string): RuntimeInfo['pack'] {
  const pack = runtimePack(id);
  if (!pack || (pack.client === 'npm' ? pack.folder : pack.wheel) === undefined) return undefined;
  const { version, licence, bytes, client } = pack;
  return { version, licence, bytes, client };
}

function lackOf(runtime: Runtime, path: string | undefined): RuntimeInfo['lacks'] {
  if (runtime.isElsewhere?.()) return 'machine';
  return (runtime.library && path === undefined) || runtime.remedyCommand?.() !== undefined ? 'library' : 'device';
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
