import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doJob } from '../../../src/main/engine/agents/agent-job';
import { Board } from '../../../src/main/engine/agents/board';
import { ContentCache } from '../../../src/main/engine/agents/content-cache';
import { FileStore } from '../../../src/main/engine/agents/file-store';
import { Link } from '../../../src/main/engine/agents/link';
import { keyOf, readMembership, type Membership } from '../../../src/main/engine/agents/membership';
import { ownFacts } from '../../../src/main/engine/agents/own-facts';
import {
  agentBucket,
  agentControlSubject,
  classBucket,
  fileBucket,
  outcomeSubject,
  stepSubject,
  type AgentJob,
} from '../../../src/main/engine/agents/protocol';
import { classOf } from '../../../src/main/engine/agents/requirement';
import { Seal } from '../../../src/main/engine/agents/seal';
import { stepIdentity } from '../../../src/main/engine/agents/step-identity';
import { machineFacts } from '../../../src/main/engine/machine/machine';
import type { Requirement } from '../../../src/main/engine/sweep/plan';
import { filesBelow } from '../cli/whittle';
import { furnish } from '../cli/laboratory';
import { gate } from '../sweep/managed';
import { ScriptedExecutor } from '../sweep/scripted-executor';
import { Laboratory, natsServer, selfSigned, skipsWithoutServer, type NatsServer, type Running } from './laboratory';

const signal = new AbortController().signal;
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const randomKey = (): string => randomBytes(20).toString('hex');

describe.skipIf(natsServer === undefined)(`a hostile peer of an agent${skipsWithoutServer}`, () => {
  let laboratory: Laboratory;
  let server: NatsServer;
  let agent: Running;
  let membership: Membership;
  let link: Link;
  let seal: Seal;
  let board: Board;
  let store: FileStore;
  let raw: NatsConnection;
  let requirement: Requirement;
  let classId: string;
  let model: { sha256: string; sizeBytes: number };

  beforeAll(async () => {
    laboratory = new Laboratory(mkdtempSync(join(tmpdir(), 'whittle-hostile-')));
    await furnish(laboratory.folder);
    server = await laboratory.server();
    const home = join(laboratory.folder, 'home');
    const code = await laboratory.invite(home, server.url);
    membership = readMembership(home)!;
    agent = await laboratory.agent('victim', code, ['--cache-gb', '1']);
    link = new Link({ ...membership, name: 'test', changed: () => undefined });
    await link.open();
    seal = new Seal(keyOf(membership));
    board = new Board(link, seal);
    store = new FileStore(link);
    await board.prepare();
    await store.prepare();
    raw = await connect({ servers: server.url });
    const facts = await ownFacts(await machineFacts());
    requirement = { isa: facts.machine.isa, versions: { onnxruntime: facts.runtimes.onnxruntime! } };
    classId = classOf(requirement, stepIdentity);
    await board.openClass(classId, requirement);
    const path = join(laboratory.folder, 'small.onnx');
    model = { sha256: digest(readFileSync(path)), sizeBytes: statSync(path).size };
    await store.putFile(model.sha256, path, model.sizeBytes);
    await agent.says(/^Connected to/);
  });
  afterAll(async () => {
    await raw?.close();
    await link?.close();
    laboratory.end();
    rmSync(laboratory.folder, { recursive: true, force: true });
  });

  function job(changes: Partial<AgentJob> = {}): AgentJob {
    const { sha256, sizeBytes } = model;
    return {
      id: randomBytes(16).toString('hex'),
      key: randomKey(),
      steps: stepIdentity,
      requirement: requirement as AgentJob['requirement'],
      title: 'file',
      order: { kind: 'describe', model: { content: 'file', sha256, format: 'onnx' }, format: 'onnx' },
      files: [{ sha256, format: 'onnx', parts: [{ location: '', sha256, sizeBytes }] }],
      images: [],
      ...changes,
    };
  }
  const naming = (sha256: string, sizeBytes: number, location = ''): Partial<AgentJob> => ({
    order: { kind: 'describe', model: { content: 'file', sha256, format: 'onnx' }, format: 'onnx' },
    files: [{ sha256, format: 'onnx', parts: [{ location, sha256, sizeBytes }] }],
  });
  const publish = (key: string, bytes: Uint8Array): Promise<unknown> =>
    jetstream(raw).publish(stepSubject(classId, key), bytes);
  const victim = (): string => readFileSync(join(laboratory.folder, 'victim', 'agent', 'agent-id'), 'utf8').trim();
  const pending = (key: string) => board.pending(classId, key, signal);
  async function withdraw(key: string): Promise<void> {
    const standing = await pending(key);
    if (standing) await board.withdraw(standing);
  }
  const begins = (key: string): number => agent.count(new RegExp(`^${key.slice(0, 8)} begins`));
  async function outcomeOf(key: string) {
    for (let tries = 0; tries < 400; tries++) {
      const outcome = await board.outcome(key);
      if (outcome) return outcome;
      await sleep(50);
    }
    throw new Error(`nothing came of ${key}:\n${agent.stderr}`);
  }

  it('makes it work only with the key: unsigned, signed by another key, or signed for another line, a step is not begun', async () => {
    const good = job();
    await board.publish(classId, good);
    expect(await outcomeOf(good.key)).toMatchObject({ is: 'done', result: { inline: { sizeBytes: model.sizeBytes } } });

    const refused = /^A step was not obeyed: its signature is wrong\.$/;
    const [unsigned, foreign, moved] = [job(), job(), job()];
    await publish(unsigned.key, Buffer.from(JSON.stringify(unsigned)));
    await agent.says(refused, 1);
    const other = new Seal(randomBytes(32));
    await publish(foreign.key, other.close(stepSubject(classId, foreign.key), foreign));
    await agent.says(refused, 2);
    await publish(moved.key, seal.close(stepSubject('elsewhere', moved.key), moved));
    await agent.says(refused, 3);
    for (const { key } of [unsigned, foreign, moved]) {
      expect(begins(key)).toBe(0);
      expect(await board.outcome(key)).toBeUndefined();
      expect(await pending(key)).toBeUndefined();
    }
  });

  it('a step of the same key that a Whittle of another protocol wants does not stand for this one', async () => {
    const theirs = job({ steps: 'another' });
    await board.publish(classOf(requirement, theirs.steps), theirs);
    expect(await pending(theirs.key)).toBeUndefined();
    expect(await board.publish(classId, { ...theirs, steps: stepIdentity })).toBeDefined();
    expect(await outcomeOf(theirs.key)).toMatchObject({ is: 'done' });
  });

  it('makes it do nothing twice with what it recorded: a step that is done, or a message of before', async () => {
    const recorded = job();
    const bytes = seal.close(stepSubject(classId, recorded.key), recorded);
    await publish(recorded.key, bytes);
    const outcome = await outcomeOf(recorded.key);
    await sleep(300);
    await publish(recorded.key, bytes);
    for (let tries = 0; (await pending(recorded.key)) && tries < 100; tries++) await sleep(50);
    expect(await pending(recorded.key)).toBeUndefined();
    expect(begins(recorded.key)).toBe(1);
    expect(await board.outcome(recorded.key)).toEqual(outcome);

    const control = agentControlSubject(victim());
    const at = Date.now() - 3600_000;
    raw.publish(control, seal.close(control, { do: 'drain', isDraining: true, at, nonce: '0'.repeat(32) }));
    raw.publish(control, Buffer.from(JSON.stringify({ do: 'leave' })));
    await raw.flush();
    const after = job();
    await board.publish(classId, after);
    expect(await outcomeOf(after.key)).toMatchObject({ is: 'done' });
    expect(agent.count(/somebody asked for that/)).toBe(0);
  });

  it('reaches no file: paths in names, hashes that are none and unknown kinds are refused, whoever signed them', async () => {
    const refused = /^A step was not obeyed: it does not hold what it should\.$/;
    const bad: Partial<AgentJob>[] = [
      naming(model.sha256, model.sizeBytes, '../../evil.bin'),
      naming(model.sha256, model.sizeBytes, '/tmp/evil.bin'),
      naming('../../../../etc/passwd', 10),
      { order: { kind: 'layers', model: '/etc/passwd' } as never },
      { order: { ...job().order, output: '/tmp/evil' } as never },
    ];
    for (const [at, changes] of bad.entries()) {
      const crafted = job(changes);
      await publish(crafted.key, seal.close(stepSubject(classId, crafted.key), crafted));
      await agent.says(refused, at + 1);
      expect(begins(crafted.key)).toBe(0);
    }
    const unknown = job({
      order: {
        kind: 'convert',
        model: { content: 'file', sha256: model.sha256, format: 'onnx' },
        card: JSON.parse(readFileSync(join(laboratory.folder, 'small.card.json'), 'utf8')) as never,
        format: 'elf',
        options: {},
      },
    });
    await board.publish(classId, unknown);
    expect(await outcomeOf(unknown.key)).toMatchObject({ is: 'failed', error: { code: 'format.unknown' } });
  });

  it('gives it no file but the one that the hash stands for, and none that is larger than it may keep', async () => {
    const lie = digest(Buffer.from('what was promised'));
    const other = Buffer.from('what is there    ');
    await store.put(lie, other.length, () => Readable.from([other], { objectMode: false }));
    const crafted = job(naming(lie, other.length));
    await board.publish(classId, crafted);
    await agent.says(new RegExp(`is given back: What the server has under ${lie} is not what`));
    await withdraw(crafted.key);

    // It was removed, so that it can be uploaded again.
    expect(await store.has(lie)).toBe(true);
    store.forget(lie);
    expect(await store.has(lie)).toBe(false);
    await store.put(lie, other.length, () => Readable.from([other], { objectMode: false }));
    const longer = job(naming(lie, other.length - 1));
    await board.publish(classId, longer);
    await agent.says(new RegExp(`is given back: What the server has under ${lie} is not what`), 2);
    await withdraw(longer.key);

    const huge = job(naming(digest(Buffer.from('huge')), 10e9));
    await board.publish(classId, huge);
    await agent.says(/is given back: The step needs 10.00 GB .* may keep 1.00 GB\. Raise it with --cache-gb\.$/);
    await withdraw(huge.key);
    const kept = filesBelow(join(laboratory.folder, 'victim', 'agent'));
    expect(kept.filter((path) => path.includes(lie) || path.includes('incoming') || path.includes('evil'))).toEqual([]);
    expect(existsSync('/tmp/evil.bin')).toBe(false);
  });

  it('holds it up with no entry of the store: bytes that were changed, or links in a circle, are removed', async () => {
    const objects = await new Objm(jetstream(raw)).open(fileBucket);
    const folder = join(laboratory.folder, 'fetched');
    const fetch = (name: string): Promise<unknown> =>
      store.fetch({ name, sha256: name, sizeBytes: 5 }, join(folder, name), AbortSignal.timeout(10_000));
    const changed = digest(Buffer.from('bytes'));
    await objects.putBlob({ name: changed }, Buffer.from('bytes'));
    const { nuid } = (await objects.info(changed))!;
    await (await jetstreamManager(raw)).streams.purge(`OBJ_${fileBucket}`, { filter: `$O.${fileBucket}.C.${nuid}` });
    await jetstream(raw).publish(`$O.${fileBucket}.C.${nuid}`, Buffer.from('other'));
    const circle = digest(Buffer.from('circle'));
    await objects.putBlob({ name: changed + '0' }, Buffer.from('12345'));
    await objects.link(circle, (await objects.info(changed + '0'))!);
    for (const name of [changed, circle]) {
      await expect(fetch(name)).rejects.toMatchObject({ code: 'agents.damaged' });
      expect(await store.has(name)).toBe(false);
      expect(existsSync(join(folder, name))).toBe(false);
    }
  });

  it('holds it up with no entry whose bytes are gone', async () => {
    const objects = await new Objm(jetstream(raw)).open(fileBucket);
    const name = digest(Buffer.from('gone'));
    await objects.putBlob({ name }, Buffer.from('gone'));
    const { nuid } = (await objects.info(name))!;
    await (await jetstreamManager(raw)).streams.purge(`OBJ_${fileBucket}`, { filter: `$O.${fileBucket}.C.${nuid}` });
    const path = join(laboratory.folder, 'gone');
    await expect(
      new FileStore(link, 500).fetch({ name, sha256: name, sizeBytes: 4 }, path, AbortSignal.timeout(20_000)),
    ).rejects.toMatchObject({ code: 'agents.gone' });
    expect(await store.has(name)).toBe(false);
  });

  it('ends an upload whose file is not there any more', async () => {
    const name = randomBytes(32).toString('hex');
    await expect(
      store.putFile(name, join(laboratory.folder, 'none'), 10, AbortSignal.timeout(10_000)),
    ).rejects.toMatchObject({ code: 'model.changed' });
    expect(await store.has(name)).toBe(false);
  });

  it('leaves nothing of a model of which a part is missing', async () => {
    const folder = join(laboratory.folder, 'halves');
    const cache = new ContentCache(folder, 1e9, store);
    await cache.open();
    const [whole, missing] = [digest(Buffer.from('whole')), digest(Buffer.from('missing'))];
    const crafted = job({
      files: [
        {
          sha256: whole,
          format: 'onnx',
          parts: [
            { location: '', ...model },
            { location: 'weights.bin', sha256: missing, sizeBytes: 5 },
          ],
        },
      ],
    });
    await expect(cache.gather(crafted, signal)).rejects.toMatchObject({ code: 'agents.gone' });
    expect(filesBelow(folder)).toEqual([]);
  });

  it('does its steps in a flood of what nobody signed, of strange names, and of what is as deep as a message holds', async () => {
    const junk = Buffer.from('['.repeat(30_000));
    for (let at = 0; at < 1000; at++) {
      raw.publish(agentControlSubject(victim()), junk);
      raw.publish(`$KV.${agentBucket}.${at}`, junk);
      raw.publish(`$KV.${classBucket}.${at}`, junk);
      if (at % 50 === 0) await raw.flush();
    }
    const nested = job({
      order: {
        kind: 'convert',
        model: { content: 'file', sha256: model.sha256, format: 'onnx' },
        card: JSON.parse(readFileSync(join(laboratory.folder, 'small.card.json'), 'utf8')) as never,
        format: 'litert',
        options: { deep: 'here' },
      },
    });
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const body = Buffer.from(JSON.stringify(nested).replace('"here"', deep));
    const subject = stepSubject(classId, nested.key);
    const mac = createHmac('sha256', keyOf(membership)).update(subject).update('\0').update(body).digest();
    await publish(nested.key, Buffer.concat([mac, body]));
    expect(await outcomeOf(nested.key)).toMatchObject({ is: 'failed' });
    const wanted = job();
    await board.publish(classId, wanted);
    expect(await outcomeOf(wanted.key)).toMatchObject({ is: 'done' });
    expect(agent.isRunning).toBe(true);
  });

  it('fetches nothing while times are taken', async () => {
    const folder = join(laboratory.folder, 'quiet');
    const own = new FileStore(link);
    const cache = new ContentCache(folder, 1e9, own);
    await cache.open();
    const { open, reached, before } = gate(/^measure/);
    const executor = new ScriptedExecutor(2, before);
    executor.workspace = folder;
    const parts = { cache, store: own, executor };
    const { signal: stop } = new AbortController();
    const events = { began: () => 0, progress: () => 0, note: () => 0, log: () => 0, stop };
    await doJob(job(), parts, events, signal);
    const content = { content: 'file', sha256: model.sha256, format: 'onnx' } as const;
    const card = JSON.parse(readFileSync(join(laboratory.folder, 'small.card.json'), 'utf8')) as never;
    const target = { runtime: 'ort-cpu', threads: 1 } as never;
    const measure = { kind: 'measure', candidate: content, baseline: content, card, target } as const;
    const times = executor.run({ ...measure, mode: 'quick', seed: 1 }, events, signal, {
      order: 0,
      settle: async () => undefined,
    });
    await reached;
    const other = Buffer.from('another model');
    await store.put(digest(other), other.length, () => Readable.from([other], { objectMode: false }));
    const { receivedBytes } = own.traffic;
    const done = doJob(job(naming(digest(other), other.length)), parts, events, signal);
    await sleep(500);
    expect(own.traffic.receivedBytes).toBe(receivedBytes);
    open();
    await times;
    await done;
    expect(own.traffic.receivedBytes).toBe(receivedBytes + other.length);
  });

  it('moves no cursor: titles are said without control characters', async () => {
    const crafted = job({ title: 'a\u001b]0;b\u0007\n00000000 done in 1 s', trial: 'net\u202e · \u001bint8' });
    await board.publish(classId, crafted);
    await agent.says(/begins: describe a \]0;b {2}00000000 done in 1 s, for net {2}· {2}int8$/);
    await outcomeOf(crafted.key);
    expect(agent.stderr).not.toContain('\u001b');
    expect(agent.stderr).not.toContain('\u202e');
    const long = job({ trial: 'a'.repeat(201) });
    const refused = /^A step was not obeyed: it does not hold what it should\.$/;
    const before = agent.count(refused);
    await publish(long.key, seal.close(stepSubject(classId, long.key), long));
    await agent.says(refused, before + 1);
  });

  it('gives a coordinator no result: what is not signed is not taken', async () => {
    const wanted = job();
    await jetstream(raw).publish(
      outcomeSubject(wanted.key),
      Buffer.from(JSON.stringify({ is: 'done', key: wanted.key })),
    );
    expect(await board.outcome(wanted.key)).toBeUndefined();
    // And the right one takes its place.
    await board.publish(classId, wanted);
    expect(await outcomeOf(wanted.key)).toMatchObject({ is: 'done' });
  });

  it('is told in words when it has another version', async () => {
    const entry = { requirement, steps: 'of-another', version: '9.9.9' };
    const bucket = await new Kvm(raw).open(classBucket);
    await bucket.put('other', seal.close('whittle.class.other', entry));
    await agent.says(
      /^Steps of Whittle 9\.9\.9 are not taken: this machine has Whittle \S+\. Install the same on both\.$/,
    );
  });

  it('hears nothing where the server asks for TLS: certificates are checked, and tls:// never falls back', async () => {
    const signed = selfSigned(laboratory.folder);
    if (!signed) return console.warn('skipped: no openssl on this machine');
    const { certificate, key } = signed;
    const secure = await laboratory.server([`tls { cert_file: "${certificate}", key_file: "${key}" }`]);
    const url = secure.url.replace('nats:', 'tls:');
    const open = async (server: string, tlsCa?: string, withinMs = 1500): Promise<boolean> => {
      const tried = new Link({ server, tlsCa, name: 'test', changed: () => undefined });
      await tried.open();
      const isThere = await tried.isThere(withinMs);
      await tried.close();
      return isThere;
    };
    expect(await open(url, certificate, 20_000)).toBe(true);
    expect(await open(url)).toBe(false);
    expect(await open(server.url.replace('nats:', 'tls:'), certificate)).toBe(false);
  });
});
