import type { Agent } from '@shared/agents';

/** A machine that waits for steps; what a test is about is given. */
export function agent(id: string, more: Partial<Agent> = {}): Agent {
  return {
    id,
    name: id,
    labels: [],
    version: '0.2.0',
    machine: { id, platform: 'linux', arch: 'arm64', cpu: 'Cortex-A76', cores: 4, memoryBytes: 8e9, isa: ['ASIMDDP'] },
    runtimes: { 'ort-cpu': '1.22.0' },
    slots: 1,
    state: 'idle',
    steps: [],
    cache: { bytes: 3.2e9, limitBytes: 20e9 },
    finishedSteps: 12,
    failedSteps: 0,
    receivedBytes: 1.2e9,
    sentBytes: 3.1e8,
    startedAt: '2026-01-02T03:00:00.000Z',
    lastSeen: '2026-01-02T04:00:00.000Z',
    ...more,
  };
}

export function step(title: string, more: Partial<Agent['steps'][number]> = {}): Agent['steps'][number] {
  return { key: title, kind: 'compress', title, startedAt: '2026-01-02T03:56:40.000Z', fraction: 0.5, ...more };
}
