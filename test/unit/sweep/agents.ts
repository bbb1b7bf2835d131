import type { Agent } from '@shared/agents';
import { around } from './sweeps';

/** A board labelled pi4 with LiteRT. */
export function agent(changes: Partial<Omit<Agent, 'machine'>> & { machine?: Partial<Agent['machine']> } = {}): Agent {
  const { machine, ...others } = changes;
  return {
    id: 'a1',
    name: 'board-1',
    labels: ['pi4'],
    version: '1.0.0',
    machine: { ...around.machine, id: 'p1', arch: 'arm64', cpu: 'Cortex-A72', isa: ['NEON'], ...machine },
    runtimes: { 'ort-cpu': '1.30.0', litert: '2.3.0', lite: '2.17' },
    slots: 1,
    state: 'idle',
    steps: [],
    cache: { bytes: 0, limitBytes: 1e9 },
    finishedSteps: 0,
    failedSteps: 0,
    receivedBytes: 0,
    sentBytes: 0,
    startedAt: '2026-11-27T08:00:00.000Z',
    lastSeen: '2026-11-27T09:00:00.000Z',
    ...others,
  };
}
