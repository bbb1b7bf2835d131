import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WorkingAgent } from '../../../src/main/engine/agents/agent';
import { Announcer } from '../../../src/main/engine/agents/announce';
import { Board, type Standing } from '../../../src/main/engine/agents/board';
import { Coordinator } from '../../../src/main/engine/agents/coordinator';
import { FileStore } from '../../../src/main/engine/agents/file-store';
import { Link } from '../../../src/main/engine/agents/link';
import { keyOf, membershipFor, type Membership } from '../../../src/main/engine/agents/membership';
import { ownFacts } from '../../../src/main/engine/agents/own-facts';
import { stepControlSubject, stepStream, type AgentJob } from '../../../src/main/engine/agents/protocol';
import { PublishedStep } from '../../../src/main/engine/agents/published-step';
import type { Facts } from '../../../src/main/engine/agents/requirement';
import { Seal } from '../../../src/main/engine/agents/seal';
import { hashFile } from '../../../src/main/engine/files/hash-file';
import { machineFacts } from '../../../src/main/engine/machine/machine';
import { ScriptedExecutor } from '../sweep/scripted-executor';
import { freePort, Laboratory, natsServer, oneFile, skipsWithoutServer } from './laboratory';

describe.skipIf(natsServer === undefined)(`what agents are told${skipsWithoutServer}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-control-'));
  const { model, contents } = oneFile(folder);
  const laboratory = new Laboratory(folder);
  let monitor: string;
  let membership: Membership;
  let facts: Facts;
  let raw: NatsConnection;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const port = await freePort();
    monitor = `http://127.0.0.1:${port}/connz?subs=detail`;
    const server = await laboratory.server([`http: "127.0.0.1:${port}"`]);
    membership = membershipFor(server.url);
    facts = await ownFacts(await machineFacts());
    raw = await connect({ servers: server.url });
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(async () => {
    await raw?.close();
    laboratory.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Works on a step until it is told to end. */
  async function agent(name: string, slots = 1): Promise<string[]> {
    const own = join(folder, name);
    const executor = new ScriptedExecutor(slots, async (_name, signal) => {
      while (!signal.aborted) await sleep(10);
      throw signal.reason;
    });
    executor.workspace = own;
    const lines: string[] = [];
    const settings = { membership, folder: own, name, facts, slots, cacheLimitBytes: 1e9 };
    const working = new WorkingAgent({ ...settings, executor, say: (line) => void lines.push(line) });
    await working.start();
    ends.push(() => working.stop());
    return lines;
  }
  async function coordinator(name: string): Promise<Coordinator> {
    const opened = new Coordinator({ membership, name, contents, changed: () => undefined, say: () => undefined });
    await opened.open();
    await opened.ready;
    ends.push(() => opened.close());
    return opened;
  }
  async function stepOf(name: string) {
    const sha256 = await hashFile(model);
    return {
      key: createHash('sha1').update(name).digest('hex'),
      order: { kind: 'describe', model: { content: 'file', sha256, format: 'onnx' }, format: 'onnx' } as const,
      requirement: { versions: {} },
      title: name,
      began: () => undefined,
      progress: () => undefined,
    };
  }
  /** Control messages that each connection listens to, and how many it had of each, as the server counts them. */
  async function heard(name: string): Promise<Record<string, number>> {
    const { connections } = (await (await fetch(monitor)).json()) as {
      connections: { name: string; subscriptions_list_detail: { subject: string; msgs: number }[] }[];
    };
    const own = connections.find((one) => one.name === name)!.subscriptions_list_detail;
    return Object.fromEntries(
      own
        .filter(({ subject }) => subject.startsWith('whittle.control.step'))
        .map(({ subject, msgs }) => [subject, msgs]),
    );
  }
  const standing = async (): Promise<number> =>
    (await (await jetstreamManager(raw)).streams.info(stepStream)).state.messages;
  const begins = (lines: readonly string[]): boolean => lines.some((line) => / begins: /.test(line));

  it('of a step reaches the agent that has it under way, and no other', async () => {
    const [first, second] = [await agent('first'), await agent('second')];
    const giver = await coordinator('giver');
    const [one, other] = [await stepOf('one'), await stepOf('other')];
    const [cancelsOne, cancelsOther] = [new AbortController(), new AbortController()];
    const given = giver.give(one, cancelsOne.signal).catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect([begins(first), begins(second)]).toContain(true), 10_000);
    const kept = giver.give(other, cancelsOther.signal).catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect([begins(first), begins(second)]).toEqual([true, true]), 10_000);
    const [has, hasNot] = first.some((line) => line.endsWith('one')) ? ['first', 'second'] : ['second', 'first'];
    expect(await heard(`whittle agent ${has}`)).toEqual({ [stepControlSubject(one.key)]: 0 });

    cancelsOne.abort();
    expect(await given).toMatchObject({ code: 'cancelled' });
    const linesOf = { first, second } as Record<string, string[]>;
    await vi.waitFor(() => expect(linesOf[has]!.at(-1)).toMatch(/ cancelled: describe one$/), 10_000);
    await vi.waitFor(async () => expect(await heard(`whittle agent ${has}`)).toEqual({}));
    expect(await heard(`whittle agent ${hasNot}`)).toEqual({ [stepControlSubject(other.key)]: 0 });
    expect(await heard('whittle giver')).toEqual({ [stepControlSubject('*')]: 1 });
    expect(await standing()).toBe(1);
    cancelsOther.abort();
    expect(await kept).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(async () => expect(await standing()).toBe(0));
  });

  it('is not lost on an agent that takes a step at the moment when it is cancelled', async () => {
    const lines = await agent('third');
    const giver = await coordinator('hasty');
    for (let at = 0; at < 60; at++) {
      const cancels = new AbortController();
      const given = giver.give(await stepOf(`hasty ${at}`), cancels.signal).catch((thrown: unknown) => thrown);
      // From before it stands in line until after it was begun.
      await sleep(at / 4);
      cancels.abort();
      expect(await given).toMatchObject({ code: 'cancelled' });
    }
    // One that goes on would hold up what comes after it.
    const cancels = new AbortController();
    const last = giver.give(await stepOf('last'), cancels.signal).catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/ begins: describe last$/), 10_000);
    expect(await standing()).toBe(1);
    cancels.abort();
    await last;
  }, 60_000);

  it('is said by a coordinator that ends, before it ends', async () => {
    const lines = await agent('fourth');
    const giver = await coordinator('brief');
    const given = giver.give(await stepOf('long'), new AbortController().signal).catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(begins(lines)).toBe(true), 10_000);
    await giver.close();
    expect(await given).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/ cancelled: describe long$/), 5000);
    expect(await standing()).toBe(0);
  });

  it('waits with a step that stands in two lines until it is known what comes of it, and then goes on with the other', async () => {
    const lines = await agent('fifth', 2);
    const [first, second] = [await coordinator('plain'), await coordinator('choosy')];
    const working: string[] = [];
    raw.subscribe('$JS.ACK.>', {
      callback: (_error, message) => void (message.string() === '+WPI' && working.push(message.subject)),
    });
    const step = await stepOf('twice');
    const [cancelsFirst, cancelsSecond] = [new AbortController(), new AbortController()];
    const given = first.give(step, cancelsFirst.signal).catch((thrown: unknown) => thrown);
    await vi.waitFor(() => expect(begins(lines)).toBe(true), 10_000);
    const requirement = { versions: { onnxruntime: facts.runtimes.onnxruntime! } };
    const kept = second.give({ ...step, requirement }, cancelsSecond.signal).catch((thrown: unknown) => thrown);
    const said = (): number[] =>
      [...new Set(working)].map((reply) => working.filter((subject) => subject === reply).length);
    // Said once, it would be handed out again after 15 s, and so on.
    await vi.waitFor(() => expect(said().filter((times) => times >= 3)).toHaveLength(2), 15_000);
    expect(lines.filter((line) => / begins: /.test(line))).toHaveLength(1);
    cancelsFirst.abort();
    expect(await given).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect(lines.filter((line) => / begins: /.test(line))).toHaveLength(2), 3000);
    expect(await standing()).toBe(1);
    cancelsSecond.abort();
    expect(await kept).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(async () => expect(await standing()).toBe(0));
  }, 40_000);

  it('leaves no step in line that was cancelled while the answer to its publication was lost', async () => {
    const link = new Link({ ...membership, name: 'deaf', changed: () => undefined });
    await link.open();
    ends.push(() => link.close());
    const cancels = new AbortController();
    /** What it published arrives; it hears no more than that it stands there already, when it tries again. */
    class Deaf extends Board {
      override async publish(classId: string, job: AgentJob): Promise<Standing | undefined> {
        await super.publish(classId, job);
        cancels.abort();
        return super.publish(classId, job);
      }
    }
    const board = new Deaf(link, new Seal(keyOf(membership)));
    await board.prepare();
    const store = new FileStore(link);
    await store.prepare();
    let farewell: Promise<void> | undefined;
    const publisher = {
      board,
      announcer: new Announcer(contents, store),
      lostForMs: 0,
      slotsFor: () => 1,
      newJobId: () => '0'.repeat(32),
      sayOfStep: () => undefined,
      farewell: (said: Promise<void>) => void (farewell = said),
    };
    const step = new PublishedStep(await stepOf('unheard'), publisher);
    await expect(step.finish(cancels.signal)).rejects.toMatchObject({ code: 'cancelled' });
    await farewell;
    expect(await standing()).toBe(0);
  });

  it('says nothing on a connection that is closed', async () => {
    const link = new Link({ ...membership, name: 'closed', changed: () => undefined });
    await link.open();
    expect(await link.isThere(10_000)).toBe(true);
    await link.close();
    expect(link.raw).toBeUndefined();
    expect(() => link.say('whittle.anything', Buffer.from('word'))).not.toThrow();
  });
});
