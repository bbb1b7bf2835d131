import type { Target } from '@shared/sweep-file';
import { findRuntime } from '../runtimes/registry';
import type { Runtime } from '../runtimes/runtime';

/** What opens the sessions that a target asks for, on this machine. Throws `target.unknown`. */
export function sessionOfTarget({
  runtime,
  on: _on,
  ...session
}: Target): { runtime: Runtime } & Omit<Target, 'runtime' | 'on'> {
  return { ...session, runtime: findRuntime(runtime) };
}
