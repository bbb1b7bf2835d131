import { AppError } from '@shared/errors';
import { targetName, type Target } from '@shared/sweep-file';
import { forgetProblems } from './probe-in-child';
import { findRuntime } from './registry';
import type { Runtime, RuntimeDevice } from './runtime';

/**
 * Checks that a target can be measured here; of one on another machine, what the runtime takes anywhere. Throws `target.unknown` for its runtime
 * and `target.unusable` for all else.
 */
export async function checkTarget(target: Target): Promise<void> {
  const runtime = findRuntime(target.runtime);
  const refuse = (detail: string): AppError => new AppError('target.unusable', { target: targetName(target), detail });
  const { maximumThreads = Infinity } = runtime;
  if (target.threads > maximumThreads) {
    throw refuse(`${runtime.title} uses at most ${maximumThreads} ${maximumThreads === 1 ? 'thread' : 'threads'}`);
  }
  const isHere = target.on === undefined;
  const device = isHere ? await usableDevice(runtime, target.device) : undefined;
  if (typeof device === 'string') throw refuse(device);
  const options = runtime.options.safeParse(target.options ?? {});
  if (!options.success) {
    const { path, message } = options.error.issues[0]!;
    throw refuse([...path.map(String), message].join(': '));
  }
  const problem = device && runtime.optionProblem?.(device.id, options.data);
  if (problem !== undefined) throw refuse(problem);
}

/** The device that a target names, or why it cannot be used. */
async function usableDevice(runtime: Runtime, wanted: string | undefined): Promise<RuntimeDevice | string> {
  const found = deviceAmong(await runtime.devices(), runtime, wanted);
  if (typeof found !== 'string' || !runtime.probe) return found;
  // What was missing when it was looked for may have been installed since.
  forgetProblems(runtime.id);
  return deviceAmong(await runtime.devices(), runtime, wanted);
}

function deviceAmong(
  devices: readonly RuntimeDevice[],
  { title }: Runtime,
  wanted: string | undefined,
): RuntimeDevice | string {
  const device = wanted === undefined ? devices[0] : devices.find(({ id }) => id === wanted);
  if (device) return device.problem ?? device;
  const known = devices.map(({ id }) => id).join(', ');
  return `${title} has no device "${wanted ?? ''}" here, only ${known || 'none'}`;
}
