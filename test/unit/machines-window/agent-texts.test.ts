import { describe, expect, it } from 'vitest';
import type { Agent, MachinesStatus } from '@shared/agents';
import {
  agentFacts,
  agoText,
  announcementText,
  byName,
  conditionOf,
  loadText,
  processorText,
  shareText,
  situationText,
  stepNote,
  summaryText,
  takesSteps,
} from '../../../src/renderer/machines/agent-texts';
import { agent, step } from './agents';

const now = new Date('2026-01-02T04:00:00.000Z');
const secondsAgo = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();

describe('how a machine stands', () => {
  it.each<[Partial<Agent>, string, boolean]>([
    [{}, 'idle', true],
    [{ state: 'working' }, 'working', true],
    [{ state: 'draining' }, 'draining', false],
    [{ state: 'idle', problem: 'Update it.' }, 'refused', false],
    [{ state: 'silent' }, 'silent', false],
    // What is wrong with one that is not seen was wrong when it was.
    [{ state: 'silent', problem: 'Update it.' }, 'silent', false],
  ])('%j is %s', (more, condition, takes) => {
    expect(conditionOf(agent('a', more))).toBe(condition);
    expect(takesSteps(agent('a', more))).toBe(takes);
  });

  it.each<[Partial<Agent>, string]>([
    [{}, 'Waits for steps.'],
    [{ problem: 'Update it.' }, 'Update it.'],
    [{ state: 'silent' }, 'Gets no steps.'],
    [{ state: 'silent', steps: [step('fp16')] }, 'What it had under way goes to others.'],
    [{ state: 'draining' }, 'Takes no more steps.'],
  ])('%j says: %s', (more, text) => {
    expect(situationText(agent('a', more))).toBe(text);
  });
});

describe('ages', () => {
  it.each([
    [-30, 'now'],
    [0, 'now'],
    [4.9, 'now'],
    [5, '5 s ago'],
    [59.9, '59 s ago'],
    [60, '1 min ago'],
    [3599, '59 min ago'],
    [3600, '1 h ago'],
    [86_399, '23 h ago'],
    [86_400, '1 d ago'],
    [40 * 86_400, '40 d ago'],
  ])('of %d s are %s', (seconds, text) => {
    expect(agoText(secondsAgo(seconds), now)).toBe(text);
  });

  it('that nobody can read are absent', () => {
    expect(agoText('yesterday', now)).toBe('—');
  });
});

describe('what a machine is', () => {
  it('in a line', () => {
    expect(processorText(agent('a'))).toBe('Cortex-A76 · 4 cores · ASIMDDP');
    const { machine } = agent('a');
    expect(processorText({ machine: { ...machine, cores: 1, isa: ['AVX2', 'AVX512_VNNI'] } })).toBe(
      'Cortex-A76 · 1 core · AVX512_VNNI',
    );
    expect(processorText({ machine: { ...machine, isa: [] } })).toBe('Cortex-A76 · 4 cores');
  });

  it('and how much of it is busy', () => {
    expect(loadText(agent('a', { load: 3.14 }))).toBe('3.1 / 4');
    expect(loadText(agent('a'))).toBe('—');
  });

  it('in full, without what it does not tell', () => {
    const facts = Object.fromEntries(agentFacts(agent('a', { failedSteps: 2 }), now).map((fact) => [fact.name, fact]));
    expect(facts['Steps done']!.value).toBe('12, 2 failed');
    expect(facts.Cores!.value).toBe('4');
    expect(facts.Load).toBeUndefined();
    expect(facts.Cache!.value).toBe('3.20 GB of 20.00 GB');
    expect(facts['Last seen']!.value).toBe('now');
    expect(facts.Labels).toBeUndefined();
    expect(facts['Free disk']).toBeUndefined();
  });
});

describe('a step under way', () => {
  it('says for whom, how far and for how long', () => {
    const one = step('quantize.static', { trial: 'resnet50 · int8', stage: 'images', fraction: 0.999 });
    expect(stepNote(one, now)).toBe('resnet50 · int8 · images · 3 min 20 s');
    expect(shareText(one)).toBe('99 %');
  });

  it('of a clock that is ahead has just begun', () => {
    expect(stepNote(step('fp16', { startedAt: secondsAgo(-60) }), now)).toBe('0 ms');
  });
});

describe('all machines', () => {
  const all = [
    agent('pi10', { state: 'working' }),
    agent('pi2', { state: 'silent' }),
    agent('b', { name: 'pi2', problem: 'Update it.' }),
  ];

  it('stand by name as people count, and two of one name always in the same order', () => {
    expect(byName(all).map(({ id }) => id)).toEqual(['b', 'pi2', 'pi10']);
    expect(byName([...all].reverse()).map(({ id }) => id)).toEqual(['b', 'pi2', 'pi10']);
  });

  it('are counted by what they do', () => {
    expect(summaryText(all)).toBe('3 machines, 1 working, 1 silent, 1 not used');
    expect(summaryText([agent('a')])).toBe('1 machine');
  });

  it.each<[Partial<MachinesStatus>, string]>([
    [{ link: 'alone', server: undefined }, ''],
    [{ link: 'connecting' }, 'Connecting to nats://host:4222.'],
    [{ link: 'lost', agents: all }, 'The server nats://host:4222 is not reached any more.'],
    [{ agents: all }, 'Connected to nats://host:4222: 3 machines, silent: pi2.'],
    [{ agents: [agent('a')] }, 'Connected to nats://host:4222: 1 machine.'],
  ])('are announced without passwords and steps: %#', (more, text) => {
    const server = 'nats://ada:secret@host:4222';
    expect(announcementText({ link: 'connected', server, agents: [], ...more })).toBe(text);
  });
});
