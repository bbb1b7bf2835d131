import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Agent } from '@shared/agents';
import { Presences } from '../../../src/main/engine/agents/presences';
import type { Answers, Call } from '../../../src/main/engine/agents/protocol';
import { classOf } from '../../../src/main/engine/agents/requirement';
import { RollCall } from '../../../src/main/engine/agents/roll-call';
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
  /** A coordinator that called so often, and what it said. */
  function called(times: number) {
    const said: Call[] = [];
    const calls = new RollCall((call) => void said.push(call));
    for (let at = 0; at < times; at++) calls.next(after(0));
    return { calls, said, presences: new Presences(seal, calls) };
  }
  const answers = (...calls: readonly (Call | undefined)[]): Answers =>
    Object.fromEntries(calls.map((call) => [call!.coordinator, call!.number]));
  const said = (one: Agent, heard?: Answers, steps = stepIdentity): Uint8Array =>
    seal.close(`whittle.agent.${one.id}`, { agent: { ...one, ...(heard && { answers: heard }) }, steps });
  const at = (seconds: number): Partial<Agent> => ({ lastSeen: new Date(after(seconds * 1000)).toISOString() });

  it('is silent after ten seconds, whatever is sent again by who recorded it', () => {
    const { presences, said: calls } = called(1);
    const recorded = said(agent(), answers(calls[0]));
    expect(presences.heard('one', recorded, after(1000))).toBe(true);
    expect(presences.present(after(2000)).map(({ id }) => id)).toEqual(['one']);
    expect(presences.heard('one', recorded, after(9000))).toBe(false);
    expect(presences.present(after(11_500))).toEqual([]);
    expect(presences.all(after(11_500))).toMatchObject([{ state: 'silent' }]);
    expect(presences.heard('two', recorded, after(9000))).toBe(false);
  });

  it('is forgotten once it is silent, and there again when it speaks', () => {
    const { presences, said: calls } = called(1);
    presences.heard('one', said(agent(), answers(calls[0])), after(1000));
    presences.forget('one', after(2000));
    expect(presences.all(after(2000))).toHaveLength(1);
    presences.forget('one', after(20_000));
    expect(presences.all(after(20_000))).toEqual([]);
    expect(presences.heard('one', said(agent(at(30)), answers(calls[0])), after(30_000))).toBe(true);
    expect(presences.all(after(30_000))).toMatchObject([{ id: 'one', state: 'idle' }]);
  });

  it('is not brought back by what was recorded of it, however it went', () => {
    const { presences, said: calls } = called(1);
    const recorded = said(agent(), answers(calls[0]));
    presences.heard('one', recorded, after(1000));
    presences.heard('one', undefined, after(2000));
    expect(presences.heard('one', recorded, after(3000))).toBe(false);
    expect(presences.all(after(3000))).toEqual([]);
    expect(presences.heard('one', said(agent(at(30)), answers(calls[0])), after(3000))).toBe(true);
  });

  it('is believed to be there by its answer to a call of this process that is not of long ago, and by nothing else', () => {
    const before = called(3);
    const { calls, presences, said: own } = called(1);
    const sequence = [1, 2, 3].map((second) => said(agent(at(second)), answers(before.said[second - 1])));
    for (const [second, recorded] of sequence.entries())
      expect(presences.heard('one', recorded, after(4000 + second))).toBe(false);
    expect([presences.all(after(4010)), presences.isWaiting]).toEqual([[], true]);
    const early = said(agent(at(4)), answers(before.said[2], own[0]));
    const late = said(agent(at(5)), answers(before.said[2], own[0]));
    expect(presences.heard('one', early, after(5000))).toBe(true);
    expect(presences.isWaiting).toBe(false);
    for (const number of [2, 3, 4]) calls.next(after(4000 + 5000 * number));
    expect(presences.heard('one', late, after(24_000))).toBe(false);
    const forged = { ...own[3]!, number: 9 };
    expect(presences.heard('one', said(agent(at(25)), answers(forged)), after(25_000))).toBe(false);
    expect(presences.heard('one', said(agent(at(26)), answers(own[2])), after(26_000))).toBe(true);
  });

  it('is asked again where it did not hear the call, and not more than once a second', () => {
    const { presences, said: calls } = called(2);
    const asked = (): number => calls.length - 2;
    const now = vi.spyOn(Date, 'now');
    onTestFinished(() => now.mockRestore());
    for (const [ms, times] of [
      [500, 0],
      [1000, 1],
      [1500, 1],
      [2000, 2],
    ] as const) {
      now.mockReturnValue(after(ms));
      presences.heard('one', said(agent(), {}), after(ms));
      expect(asked()).toBe(times);
    }
    expect(calls.at(-1)).toEqual(calls[1]);
  });

  it('is heard whatever its clock says, and after that is set right from the next call on', () => {
    const { calls, presences, said: own } = called(1);
    expect(presences.heard('one', said(agent(at(1e6)), answers(own[0])), after(0))).toBe(true);
    expect(presences.heard('one', said(agent(at(1)), answers(own[0])), after(1000))).toBe(false);
    calls.next(after(2000));
    expect(presences.heard('one', said(agent(at(4)), answers(own[1])), after(4000))).toBe(true);
    expect(presences.heard('one', said(agent(at(1e6 + 1)), answers(own[0])), after(5000))).toBe(false);
  });

  it('takes no steps while it drains, has a problem, or is of another version, which is said', () => {
    const { presences, said: calls } = called(1);
    const heard = answers(calls[0]);
    presences.heard('one', said(agent({ state: 'draining' }), heard), after(1000));
    presences.heard('two', said(agent({ id: 'two', problem: 'The disk is full' }), heard), after(1000));
    presences.heard('three', said(agent({ id: 'three', version: '9.0.0' }), heard, 'other'), after(1000));
    // Of protocol 2.
    presences.heard('four', said(agent({ id: 'four', version: '0.0.1' }), undefined, 'other'), after(1000));
    expect(presences.present(after(1001))).toEqual([]);
    const [, , third, fourth] = presences.all(after(1001));
    expect(third!.problem).toMatch(/^It has Whittle 9\.0\.0, and this machine \S+: install/);
    expect(fourth!.problem).toMatch(/^It has Whittle 0\.0\.1, and this machine/);
    expect([third!.labels, fourth!.labels]).toEqual([['pi4'], []]);
  });
});
