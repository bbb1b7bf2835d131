import type { PlanPlace } from '../agents';
import { formatNumber } from '../format';

/** One place without trouble is where everything ever ran: nothing to say. */
export function isWorthSaying(places: readonly PlanPlace[]): boolean {
  return places.length > 1 || places.some(({ problem }) => problem !== undefined);
}

/** "1 step", "1,200 steps" */
export const stepsText = ({ steps }: Pick<PlanPlace, 'steps'>): string =>
  steps === 1 ? '1 step' : `${formatNumber(steps)} steps`;

/** "no machine", "1 machine", "12 machines" that could do them now. */
export function agentsText({ agents = 0 }: Pick<PlanPlace, 'agents'>): string {
  if (agents === 0) return 'no machine';
  return agents === 1 ? '1 machine' : `${formatNumber(agents)} machines`;
}
