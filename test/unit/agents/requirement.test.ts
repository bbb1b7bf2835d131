import { describe, expect, it } from 'vitest';
import type { Agent } from '@shared/agents';
import { Presences } from '../../../src/main/engine/agents/presences';
import { classOf } from '../../../src/main/engine/agents/requirement';
import { Rejected, Seal } from '../../../src/main/engine/agents/seal';
import { stepIdentity } from '../../../src/main/engine/agents/step-identity';
import { isForThisMachine } from '../../../src/main/engine/sweep/requirement';
import { z } from 'zod';

const machine = {
  id: 'abc',
  platform: 'linux',
  arch: 'arm64',
  cpu: 'Cortex-A72',
  cores: 4,
  memoryBytes: 4e9,
  isa: ['NEON', 'ASIMDDP'],
};
const facts = { labels: ['pi4'], machine, runtimes: { onnxruntime: '1.30.0', litert: '2.3.0' } };

describe('what steps require of a machine', () => {
  it('puts equal ones into one line, and other steps into others', () => {
    const one = classOf({ isa: ['A', 'B'], versions: { x: '1', y: '2' } }, 's');
    expect(classOf({ isa: ['B', 'A'], versions: { y: '2', x: '1' } }, 's')).toBe(one);
    expect(classOf({ isa: ['B', 'A'], versions: { y: '2', x: '1' } }, 't')).not.toBe(one);
    expect(one).toMatch(/^[0-9a-f]{24}$/);
  });

  it('stays here where times count and no machine is named', () => {
    expect(isForThisMachine({ machine: 'abc', versions: {} })).toBe(true);
    expect(isForThisMachine({ on: 'pi4', machine: 'abc', versions: {} })).toBe(false);
    expect(isForThisMachine({ versions: {} })).toBe(false);
  });
});

describe('a sealed message', () => {
  const seal = new Seal(Buffer.alloc(32, 1));
  const schema = z.object({ a: z.number() });

  it('is read by who has the key, under its subject, unchanged', () => {
    const bytes = seal.close('here', { a: 1 });
    expect(seal.open('here', bytes, schema)).toEqual({ a: 1 });
    expect(() => seal.open('there', bytes, schema)).toThrow(Rejected);
    expect(() => new Seal(Buffer.alloc(32, 2)).open('here', bytes, schema)).toThrow('its signature is wrong');
    expect(() => seal.open('here', bytes.subarray(0, 20), schema)).toThrow('its signature is wrong');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1;
      expect(() => seal.open('here', changed, schema)).toThrow(Rejected);
    }
    expect(() => seal.open('here', seal.close('here', { b: 1 }), schema)).toThrow('does not hold');
  });
});

describe('who is there', () => {
  const seal = new Seal(Buffer.alloc(32, 1));
  const agent = (changes: Partial<Agent> = {}): Agent => ({
    id: 'one',
    name: 'one',
    ...facts,
    version: '0.1.0',
    slots: 1,
    state: 'idle',
    steps: [],
    cache: { bytes: 0, limitBytes: 1 },
    finishedSteps: 0,
    failedSteps: 0,
    receivedBytes: 0,
    sentBytes: 0,
    startedAt: '2026-11-27T08:00:00.000Z',
    lastSeen: '2026-11-27T08:00:01.000Z',
    ...changes,
  });
  /** Milliseconds after that. */
  const after = (ms: number): number => Date.parse('2026-11-27T08:00:00.000Z') + ms;
  const said = (one: Agent, steps = stepIdentity): Uint8Array =>
    seal.close(`whittle.agent.${one.id}`, { agent: one, steps });

  it('is silent after ten seconds, whatever is sent again by who recorded it', () => {
    const presences = new Presences(seal);
    expect(presences.heard('one', said(agent()), after(1000))).toBe(true);
    expect(presences.present(after(2000)).map(({ id }) => id)).toEqual(['one']);
    expect(presences.heard('one', said(agent()), after(9000))).toBe(false);
    expect(presences.present(after(11_500))).toEqual([]);
    expect(presences.all(after(11_500))).toMatchObject([{ state: 'silent' }]);
    expect(presences.heard('two', said(agent()), after(9000))).toBe(false);
  });

  it('is forgotten once it is silent, and there again when it speaks', () => {
    const presences = new Presences(seal);
    presences.heard('one', said(agent()), after(1000));
    presences.forget('one', after(2000));
    expect(presences.all(after(2000))).toHaveLength(1);
    presences.forget('one', after(20_000));
    expect(presences.all(after(20_000))).toEqual([]);
    expect(presences.heard('one', said(agent({ lastSeen: '2026-11-27T08:00:30.000Z' })), after(30_000))).toBe(true);
    expect(presences.all(after(30_000))).toMatchObject([{ id: 'one', state: 'idle' }]);
  });

  it('is not brought back by what was recorded of it, however it went', () => {
    const presences = new Presences(seal);
    const recorded = said(agent());
    presences.heard('one', recorded, after(1000));
    presences.heard('one', undefined, after(2000));
    expect(presences.heard('one', recorded, after(3000))).toBe(false);
    expect(presences.all(after(3000))).toEqual([]);
    expect(presences.heard('one', said(agent({ lastSeen: '2026-11-27T08:00:30.000Z' })), after(3000))).toBe(true);
  });

  it('is not believed to be there by one recorded word of long ago, and is where it speaks on: its clock is wrong', () => {
    const presences = new Presences(seal);
    const recorded = said(agent({ lastSeen: '2026-11-27T07:50:00.000Z' }));
    expect(presences.heard('one', recorded, after(0))).toBe(false);
    expect(presences.heard('one', recorded, after(3000))).toBe(false);
    expect([presences.all(after(3000)), presences.hasDoubtful]).toEqual([[], true]);
    expect(presences.heard('one', said(agent({ lastSeen: '2026-11-27T07:50:03.000Z' })), after(3000))).toBe(true);
    expect(presences.present(after(3000))).toHaveLength(1);
  });

  it('is heard again when its clock, that was far ahead, is set right', () => {
    const presences = new Presences(seal);
    const now = Date.parse('2026-11-27T08:00:00.000Z');
    const at = (time: string): Uint8Array => said(agent({ lastSeen: time }));
    presences.heard('one', at('2031-01-01T00:00:00.000Z'), now);
    expect(presences.heard('one', at('2031-01-01T00:00:03.000Z'), now)).toBe(true);
    expect(presences.heard('one', at('2026-11-20T08:00:00.000Z'), now)).toBe(false);
    expect(presences.heard('one', at('2026-11-27T08:00:03.000Z'), now + 3000)).toBe(true);
    expect(presences.heard('one', at('2026-11-27T08:00:02.000Z'), now + 4000)).toBe(false);
    expect(presences.present(now + 4000)).toHaveLength(1);
  });

  it('takes no steps while it drains, has a problem, or is of another version, which is said', () => {
    const presences = new Presences(seal);
    presences.heard('one', said(agent({ state: 'draining' })), after(1000));
    presences.heard('two', said(agent({ id: 'two', problem: 'The disk is full' })), after(1000));
    presences.heard('three', said(agent({ id: 'three', version: '9.0.0' }), 'other'), after(1000));
    expect(presences.present(after(1001))).toEqual([]);
    expect(presences.all(after(1001))[2]!.problem).toMatch(/^It has Whittle 9\.0\.0, and this machine \S+: install/);
  });
});
