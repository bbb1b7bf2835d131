import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RuntimeInfo } from '@shared/runtime-info';
import { toAppError } from '@shared/errors';
import { findLibrary } from './locate-library';
import { runtimes } from './registry';
import type { Runtime, RuntimeDevice } from './runtime';
import { runtimePack } from './runtime-packs';

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
      const facts = {
        id,
        title,
        format,
        maximumThreads,
        optionsSchema: z.toJSONSchema(runtime.options, { io: 'input' }),
        ...(path !== undefined && { path }),
      };
      const devices = await devicesWithin(runtime, patienceMs);
      if (!devices) return { ...facts, isPending: true, problem: 'It is still being looked for', devices: [] };
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

/** undefined: they are still being looked for. */
async function devicesWithin(runtime: Runtime, patienceMs: number | undefined): Promise<RuntimeDevice[] | undefined> {
  if (!runtime.probe || patienceMs === undefined) return runtime.devices();
  return Promise.race([runtime.devices(), sleep(patienceMs, undefined)]);
}
