import type { Agent, MachinesStatus } from '@shared/agents';
import { absent, formatBytes, formatCounted, formatDuration, formatNumber, formatPercent } from '@shared/format';
import { shownServer } from '@shared/server-address';
import { strongestSet } from './instruction-sets';

/** How a machine stands: `refused` is there and gets no steps. */
export type AgentCondition = Agent['state'] | 'refused';
type Step = Agent['steps'][number];

export function conditionOf({ state, problem }: Pick<Agent, 'state' | 'problem'>): AgentCondition {
  return state !== 'silent' && problem !== undefined ? 'refused' : state;
}

/** Whether steps that fit are given to it. */
export const takesSteps = (agent: Pick<Agent, 'state' | 'problem'>): boolean =>
  ['idle', 'working'].includes(conditionOf(agent));

export const conditionTexts: Record<AgentCondition, string> = {
  idle: 'idle',
  working: 'working',
  draining: 'draining',
  silent: 'silent',
  refused: 'not used',
};

/** What a machine does where no step of it is shown, or what keeps it from work. */
export function situationText({ state, problem, steps }: Pick<Agent, 'state' | 'problem' | 'steps'>): string {
  if (problem !== undefined) return problem;
  if (state === 'silent') return steps.length > 0 ? 'What it had under way goes to others.' : 'Gets no steps.';
  if (state === 'draining') return steps.length > 0 ? 'Takes no more after this.' : 'Takes no more steps.';
  return 'Waits for steps.';
}

/** "12 s ago", in one unit; "now" for what is younger than some clocks are apart. */
export function agoText(iso: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return absent;
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** "Cortex-A76 · 4 cores · ASIMDDP" */
export function processorText({ machine: { cpu, cores, isa } }: Pick<Agent, 'machine'>): string {
  const count = formatCounted(cores, 'core');
  return [cpu, count, strongestSet(isa)].filter(Boolean).join(' · ');
}

/** "3.1 / 4": the load beside the cores that there are for it. */
export function loadText({ load, machine }: Pick<Agent, 'load' | 'machine'>): string {
  return load === undefined ? absent : `${formatNumber(load, 1)} / ${machine.cores}`;
}

/** "resnet50 · int8 · images · 3 min 20 s": for whom, how far, for how long. */
export function stepNote({ trial, stage, startedAt }: Step, now: Date): string {
  const elapsed = formatDuration(Math.max(0, now.getTime() - Date.parse(startedAt)));
  return [trial, stage, elapsed].filter(Boolean).join(' · ');
}

export const shareText = ({ fraction }: Pick<Step, 'fraction'>): string => formatPercent(Math.floor(fraction * 100), 0);

/** "12 machines, 9 working, 1 silent, 1 not used" */
export function summaryText(agents: readonly Agent[]): string {
  const parts = (['working', 'draining', 'silent', 'refused'] as const).map((condition) => {
    const count = agents.filter((agent) => conditionOf(agent) === condition).length;
    return count > 0 ? `${formatNumber(count)} ${conditionTexts[condition]}` : '';
  });
  const all = formatCounted(agents.length, 'machine');
  return [all, ...parts].filter(Boolean).join(', ');
}

/** What a screen reader says when it changes: the server and who is there, not each step. */
export function announcementText({ link, server = '', agents }: MachinesStatus): string {
  const name = shownServer(server);
  if (link === 'alone') return '';
  if (link === 'connecting') return `Connecting to ${name}.`;
  if (link === 'lost') return `The server ${name} is not reached any more.`;
  const silent = agents.filter(({ state }) => state === 'silent').map(({ name: machine }) => machine);
  const there = formatCounted(agents.length, 'machine');
  return `Connected to ${name}: ${there}${silent.length > 0 ? `, silent: ${silent.join(', ')}` : ''}.`;
}

/** By name, as people count: pi2 before pi10. */
export function byName(agents: readonly Agent[]): Agent[] {
  return [...agents].sort(
    (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || (a.id < b.id ? -1 : 1),
  );
}

/** Everything that a machine says of itself. */
export function agentFacts(agent: Agent, now: Date): { name: string; value: string; mono?: boolean }[] {
  const { machine, cache, freeBytes } = agent;
  const runtimes = Object.entries(agent.runtimes).map(([id, version]) => `${id} ${version}`);
  const failed = agent.failedSteps > 0 ? `, ${formatNumber(agent.failedSteps)} failed` : '';
  return [
    { name: 'Labels', value: agent.labels.join(', ') },
    { name: 'Processor', value: machine.cpu },
    { name: 'Cores', value: formatNumber(machine.cores) },
    { name: 'Load', value: agent.load === undefined ? '' : formatNumber(agent.load, 1) },
    { name: 'Instruction sets', value: machine.isa.join(', ') },
    { name: 'Memory', value: formatBytes(machine.memoryBytes) },
    { name: 'System', value: [machine.platform, machine.arch, machine.governor].filter(Boolean).join(' ') },
    { name: 'Runtimes', value: runtimes.join(', ') },
    { name: 'Whittle', value: agent.version },
    { name: 'Steps at once', value: formatNumber(agent.slots) },
    { name: 'Free disk', value: freeBytes === undefined ? '' : formatBytes(freeBytes) },
    { name: 'Cache', value: `${formatBytes(cache.bytes)} of ${formatBytes(cache.limitBytes)}` },
    { name: 'Steps done', value: `${formatNumber(agent.finishedSteps)}${failed}` },
    { name: 'Received', value: formatBytes(agent.receivedBytes) },
    { name: 'Sent', value: formatBytes(agent.sentBytes) },
    { name: 'Started', value: agoText(agent.startedAt, now) },
    { name: 'Last seen', value: agoText(agent.lastSeen, now) },
    { name: 'Id', value: agent.id, mono: true },
  ].filter(({ value }) => value !== '');
}
