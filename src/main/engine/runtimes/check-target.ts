import { AppError } from '@shared/errors';
import { targetName, type Target } from '@shared/sweep-file';
import { findRuntime } from './registry';

/** Checks that a target can be measured here. Throws `target.unknown` for its runtime and `target.unusable` for all else. */
export async function checkTarget(target: Target): Promise<void> {
  const runtime = findRuntime(target.runtime);
  const refuse = (detail: string): AppError => new AppError('target.unusable', { target: targetName(target), detail });
  const { maximumThreads = Infinity } = runtime;
  if (target.threads > maximumThreads) {
    throw refuse(`${runtime.title} uses at most ${maximumThreads} ${maximumThreads === 1 ? 'thread' : 'threads'}`);
  }
  const devices = await runtime.devices();
  const device = target.device === undefined ? devices[0] : devices.find(({ id }) => id === target.device);
  if (!device) {
    const known = devices.map(({ id }) => id).join(', ');
    throw refuse(`${runtime.title} has no device "${target.device ?? ''}" here, only ${known || 'none'}`);
  }
  if (device.problem !== undefined) throw refuse(device.problem);
  const options = runtime.options.safeParse(target.options ?? {});
  if (!options.success) {
    const { path, message } = options.error.issues[0]!;
    throw refuse([...path.map(String), message].join(': '));
  }
}
