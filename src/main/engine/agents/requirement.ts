import type { Agent } from '@shared/agents';
import { stepKey } from '../jobs/step-key';
import type { Requirement } from '../sweep/plan';

/** What of an agent decides which steps it may do. */
export type Facts = Pick<Agent, 'labels' | 'machine' | 'runtimes'>;

/** Steps with equal requirements wait in one line. @param steps identity of the sender's steps */
export function classOf({ on, machine, isa, versions }: Requirement, steps: string): string {
  return stepKey('class', steps, on, machine, isa && [...isa].sort(), versions).slice(0, 24);
}

/** Whether a step done there has the result that its key stands for. */
export function fits({ on, machine, isa, versions }: Requirement, facts: Facts): boolean {
  if (on !== undefined && !facts.labels.includes(on)) return false;
  if (machine !== undefined && machine !== facts.machine.id) return false;
  if (isa !== undefined && !isSameIsa(isa, facts)) return false;
  return Object.entries(versions).every(([id, version]) => facts.runtimes[id] === version);
}

/** Only the machine that runs the sweep may do it: it takes times, and no target names another one. */
export const isForThisMachine = ({ on, machine }: Requirement): boolean => on === undefined && machine !== undefined;

/** Where the sets are not known, none are equal. */
function isSameIsa(isa: readonly string[], { machine }: Facts): boolean {
  return isa.length > 0 && isa.length === machine.isa.length && isa.every((set) => machine.isa.includes(set));
}
