import { formatCounted } from '@shared/format';
import type { Agent } from '@shared/agents';
import type { RuntimeInfo } from '@shared/runtime-info';
import type { Target } from '@shared/sweep-file';
import { takesSteps } from '../machines/agent-texts';
import type { Choice } from './target-choices';

type Seen = Pick<Agent, 'labels' | 'runtimes' | 'state' | 'problem'>;

/** A label that a target may name; others are for people alone. */
const nameable = /^[a-z0-9][a-z0-9-]{0,39}$/;
const machines = (count: number): string => formatCounted(count, 'machine');
const at = (agents: readonly Seen[], label: string): Seen[] => agents.filter(({ labels }) => labels.includes(label));

/** Machines to choose from: this one (''), then the labels of others; none where there is no other and none is asked for. */
export function placeChoices(agents: readonly Seen[], asked: string | undefined): Choice[] {
  const labels = [...new Set(agents.flatMap((agent) => agent.labels))].filter((label) => nameable.test(label)).sort();
  const isUnknown = asked !== undefined && !labels.includes(asked);
  if (labels.length === 0 && !isUnknown) return [];
  return [
    { value: '', label: 'this machine' },
    ...labels.map((label) => ({ value: label, label: `${label} (${machines(at(agents, label).length)})` })),
    ...(isUnknown ? [{ value: asked, label: `${asked} (no machine)` }] : []),
  ];
}

/** Runtimes to choose from on the machines with a label: those that one has, then the others. */
export function runtimesAt(
  runtimes: readonly Pick<RuntimeInfo, 'id'>[],
  agents: readonly Seen[],
  label: string,
  asked: string,
): Choice[] {
  const there = new Set(at(agents, label).flatMap((agent) => Object.keys(agent.runtimes)));
  const known = [...new Set([...runtimes.map(({ id }) => id), ...there, asked])];
  return [
    ...known.filter((id) => there.has(id)).map((id) => ({ value: id, label: id })),
    ...known.filter((id) => !there.has(id)).map((id) => ({ value: id, label: `${id} (not on ${label})` })),
  ];
}

/** Devices to choose from on another machine, which does not tell what it has: the first, and what is asked for. */
export function devicesAt(asked: string | undefined): Choice[] {
  return asked === undefined
    ? []
    : [
        { value: '', label: 'its first device' },
        { value: asked, label: asked },
      ];
}

/** Why a target cannot be measured on the machines that it names now; undefined where it can. */
export function placeProblem({ on, runtime }: Target, agents: readonly Seen[]): string | undefined {
  if (on === undefined) return undefined;
  const labelled = at(agents, on);
  if (labelled.length === 0)
    return `No machine labelled "${on}" is there. Start one, as the view Machines says, or choose another.`;
  const able = labelled.filter(takesSteps);
  if (able.length === 0) return `No machine labelled "${on}" takes steps now. The view Machines says why.`;
  if (able.every(({ runtimes }) => !(runtime in runtimes))) return `No machine labelled "${on}" has ${runtime}.`;
  return undefined;
}
