import type { Agent } from '@shared/agents';
import { stepKey } from '../jobs/step-key';
import type { Requirement } from '../sweep/plan';

/** What of an agent decides which steps it may do. */
export type Facts = Pick<Agent, 'labels' | 'machine' | 'runtimes'>;

/** Steps with equal requirements wait in one line. @param steps identity of the sender's steps */
export function classOf({ on, machine, isa, versions }: Requirement, steps: string): string {
  return stepKey('class', steps, on, machine, isa && [...isa].sort(), versions).slice(0, 24);
}
