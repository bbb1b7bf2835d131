import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WorkingAgent } from '../../../src/main/engine/agents/agent';
import { Coordinator } from '../../../src/main/engine/agents/coordinator';
import { keyOf, membershipFor, type Membership } from '../../../src/main/engine/agents/membership';
import { ownFacts } from '../../../src/main/engine/agents/own-facts';
import { agentBucket, callSubject } from '../../../src/main/engine/agents/protocol';
import { Seal } from '../../../src/main/engine/agents/seal';
import { machineFacts } from '../../../src/main/engine/machine/machine';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { ScriptedExecutor } from '../sweep/scripted-executor';
import { Laboratory, natsServer, skipsWithoutServer } from './laboratory';

describe.skipIf(natsServer === undefined)(`an agent's presence${skipsWithoutServer}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-presence-'));
  const laboratory = new Laboratory(folder);
  let membership: Membership;
  let raw: NatsConnection;

  beforeAll(async () => {
    const server = await laboratory.server();
    membership = membershipFor(server.url);
    raw = await connect({ servers: server.url });
  });
  afterAll(async () => {
    await raw?.close();
    laboratory.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function agent(): Promise<WorkingAgent> {
    const own = { membership, folder: join(folder, 'agent'), name: 'board', slots: 1, cacheLimitBytes: 1e9 };
    const facts = await ownFacts(await machineFacts(), ['board']);
    const working = new WorkingAgent({ ...own, facts, executor: new ScriptedExecutor(), say: () => undefined });
    await working.start();
    return working;
  }
  async function coordinator(name: string): Promise<Coordinator> {
    const contents = new LocalContents(join(folder, name));
    const opened = new Coordinator({ membership, name, contents, changed: () => undefined, say: () => undefined });
    await opened.open();
    await opened.ready;
    return opened;
  }
  const slots = (one: Coordinator): number => one.slotsFor({ on: 'board', versions: {} });

  it('is its own: a whole sequence that somebody recorded and sends again brings it back to no coordinator', async () => {
    const recorded: { subject: string; data: Uint8Array }[] = [];
    for (const subject of [`$KV.${agentBucket}.*`, callSubject])
      raw.subscribe(subject, {
        callback: (_error, message) => void recorded.push({ subject: message.subject, data: message.data.slice() }),
      });
    const first = await coordinator('first');
    expect(first.agents()).toEqual([]);
    let working = await agent();
    await vi.waitFor(() => expect(slots(first)).toBe(1), 5000);
    // One that is there already is known as soon as a coordinator is ready.
    const second = await coordinator('second');
    expect(slots(second)).toBe(1);
    await sleep(7000);
    expect([slots(first), slots(second)]).toEqual([1, 1]);
    await working.stop();
    await vi.waitFor(() => expect([first.agents(), second.agents()]).toEqual([[], []]), 5000);
    const words = recorded.splice(0);
    expect(words.filter(({ subject }) => subject !== callSubject).length).toBeGreaterThan(3);

    const third = coordinator('third');
    for (let times = 0; times < 3; times++)
      for (const { subject, data } of words) {
        raw.publish(subject, data);
        await sleep(20);
      }
    const all = [first, second, await third];
    expect(all.map((one) => one.agents())).toEqual([[], [], []]);
    expect(all.map(slots)).toEqual([0, 0, 0]);

    // And it is there again when it is, whatever was said in its name, also of calls.
    working = await agent();
    for (const { subject, data } of words) raw.publish(subject, data);
    await vi.waitFor(() => expect(all.map(slots)).toEqual([1, 1, 1]), 10_000);
    await working.stop();
    for (const one of all) await one.close();
  }, 60_000);

  it('stays known, and is said once a second at most, while calls of dead coordinators are replayed', async () => {
    const seal = new Seal(keyOf(membership));
    const dead = Array.from({ length: 100 }, () => randomBytes(16).toString('hex'));
    const replay = (coordinator: string, number: number): void =>
      raw.publish(callSubject, seal.close(callSubject, { coordinator, number }));
    const first = await coordinator('watched');
    const working = await agent();
    await vi.waitFor(() => expect(slots(first)).toBe(1), 5000);
    // Until it called twice.
    await sleep(6000);
    let said = 0;
    const words = raw.subscribe(`$KV.${agentBucket}.*`, { callback: () => void said++ });
    const startedAt = Date.now();
    const seen = new Set<number>();
    for (let number = 1; Date.now() - startedAt < 14_000; number += 2) {
      for (const coordinator of dead) replay(coordinator, number);
      await sleep(100);
      seen.add(slots(first));
    }
    expect([...seen]).toEqual([1]);
    const seconds = (Date.now() - startedAt) / 1000;
    // And the word that it says anyway, each 3 s.
    expect(said).toBeLessThanOrEqual(seconds + seconds / 3 + 2);

    words.unsubscribe();
    await working.stop();
    await first.close();
  }, 60_000);

  it('is known to a coordinator that begins while single calls of dead ones are replayed', async () => {
    const seal = new Seal(keyOf(membership));
    const dead = Array.from({ length: 200 }, () => randomBytes(16).toString('hex'));
    const working = await agent();
    const flood = setInterval(() => {
      for (const coordinator of dead) raw.publish(callSubject, seal.close(callSubject, { coordinator, number: 7 }));
    }, 100);
    await sleep(500);
    const late = await coordinator('late');
    await vi.waitFor(() => expect(slots(late)).toBe(1), 10_000);
    await sleep(11_000);
    expect(slots(late)).toBe(1);
    clearInterval(flood);
    await working.stop();
    await late.close();
  }, 60_000);
});
