import { AppError } from '@shared/errors';
import { defaultTarget } from '@shared/sweep-file';
import { findRuntime, runtimes } from './registry';

/**
 * The runtime for a file of a format: the wanted one where it takes it; else the usual one, or the first that can be used here.
 * Throws `target.unknown` and `target.format`.
 */
export async function runtimeOfFile(
  { path, format }: { path: string; format: string },
  wanted?: string,
): Promise<string> {
  const takes = runtimes.filter((runtime) => runtime.format === format);
  if (wanted !== undefined) {
    const runtime = findRuntime(wanted);
    if (runtime.format === format) return wanted;
    const others = takes.map(({ id }) => id).join(' or ');
    throw new AppError('target.format', { runtime: wanted, runs: runtime.format, path, format, others });
  }
  if (takes.some(({ id }) => id === defaultTarget.runtime)) return defaultTarget.runtime;
  for (const { id, devices } of takes) if ((await devices())[0]?.problem === undefined) return id;
  return takes[0]?.id ?? defaultTarget.runtime;
}
