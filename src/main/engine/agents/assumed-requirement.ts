import type { Job } from '../jobs/job';
import { laneOf } from '../jobs/lane';
import type { Order } from '../jobs/order';
import type { Requirement } from '../sweep/plan';
import type { Facts } from './requirement';

/**
 * What a step of a plan that says nothing of machines needs: times are taken on this machine, all else on one with the same instruction sets
 * and runtimes. Undefined: it stays here.
 */
export function assumedRequirement(order: Order<Job>, own: Facts): Requirement | undefined {
  if (laneOf(order) === 'quiet' || order.kind === 'sensitivity' || order.kind === 'try-preprocess') return undefined;
  if (order.kind === 'convert' && order.format === 'edgetpu') return undefined;
  const { onnxruntime } = own.runtimes;
  if (onnxruntime === undefined) return undefined;
  const versions: Record<string, string> = { onnxruntime };
  if (order.kind === 'evaluate') {
    const version = own.runtimes[order.runtime];
    if (version === undefined) return undefined;
    versions[order.runtime] = version;
  }
  return { isa: own.machine.isa, versions };
}
