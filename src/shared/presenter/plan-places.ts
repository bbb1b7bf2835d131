import type { PlanPlace } from '../agents';
import { formatCounted } from '../format';

/** One place without trouble is where everything ever ran: nothing to say. */
export function isWorthSaying(places: readonly PlanPlace[]): boolean {
  return places.length > 1 || places.some(({ problem }) => problem !== undefined);
}

/** "1 step", "1,200 steps" */
export const stepsText = ({ steps }: Pick<PlanPlace, 'steps'>): string => formatCounted(steps, 'step');

/** "no machine", "1 machine", "12 machines" that could do them now. */
export function agentsText({ agents = 0 }: Pick<PlanPlace, 'agents'>): string {
  return agents === 0 ? 'no machine' : formatCounted(agents, 'machine');
}
