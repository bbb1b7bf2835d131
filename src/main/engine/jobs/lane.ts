import { findRuntime } from '../runtimes/registry';
import { findTechnique } from '../techniques/registry';
import type { Order } from './order';

/** `quiet`: it takes times that other work would falsify, so nothing runs beside it. `shared`: anything but a quiet job may. */
export type Lane = 'quiet' | 'shared';

/** How a job wants its core. A technique that depends on the machine takes times of layers itself. Throws `technique.unknown`. */
export function laneOf(job: Order): Lane {
  if (job.kind === 'measure' || job.kind === 'layers') return 'quiet';
  // A Coral takes one network, and one process, at a time.
  if (job.kind === 'evaluate' && findRuntime(job.runtime).format === 'edgetpu') return 'quiet';
  if (job.kind !== 'compress') return 'shared';
  const { dependsOn = [], dependsOnFor } = findTechnique(job.technique);
  return (dependsOnFor?.(job.params) ?? dependsOn).includes('machine') ? 'quiet' : 'shared';
}
