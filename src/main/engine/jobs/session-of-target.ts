import type { Target } from '@shared/sweep-file';
import { findRuntime } from '../runtimes/registry';
import type { Runtime } from '../runtimes/runtime';

/** What opens the sessions that a target asks for. Throws `target.unknown`. */
export function sessionOfTarget({ runtime, ...session }: Target): { runtime: Runtime } & Omit<Target, 'runtime'> {
  return { ...session, runtime: findRuntime(runtime) };
}
