import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Coordinator } from '../../../src/main/engine/agents/coordinator';
import { membershipFor } from '../../../src/main/engine/agents/membership';
import { stepStream } from '../../../src/main/engine/agents/protocol';
import { hashFile } from '../../../src/main/engine/files/hash-file';
import { Laboratory, natsServer, oneFile, skipsWithoutServer } from './laboratory';

const folder = mkdtempSync(join(tmpdir(), 'whittle-coordinators-'));
const laboratory = new Laboratory(folder);
afterEach(() => {
  laboratory.end();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(natsServer === undefined)(`two coordinators${skipsWithoutServer}`, () => {
  it('want one step: it stands in line once, and again when the one who put it there cancels', async () => {
    const server = await laboratory.server();
    const membership = membershipFor(server.url);
    const never = new AbortController().signal;
    const { model, contents } = oneFile(folder);
    const opened = ['first', 'second'].map(
      (name) =>
        new Coordinator({
          membership,
          name,
          contents,
          changed: () => undefined,
          say: () => undefined,
        }),
    );
    for (const coordinator of opened) await coordinator.open();
    const [first, second] = opened as [Coordinator, Coordinator];
    await Promise.all([first.ready, second.ready]);
    const key = createHash('sha1').update('step').digest('hex');
    const step = {
      key,
      order: {
        kind: 'describe',
        model: { content: 'file', sha256: await hashFile(model), format: 'onnx' },
        format: 'onnx',
      } as const,
      requirement: { on: 'board', versions: {} },
      title: 'net',
      began: () => undefined,
      progress: () => undefined,
    };
    const raw = await connect({ servers: server.url });
    const manager = await jetstreamManager(raw);
    const standing = async () => {
      const { messages, last_seq: published } = (await manager.streams.info(stepStream)).state;
      return { messages, published };
    };
    const cancelled = new AbortController();
    const given = first.give(step, cancelled.signal).catch((thrown: unknown) => thrown);
    await sleep(1000);
    const wanted = second.give(step, never).catch((thrown: unknown) => thrown);
    await sleep(1000);
    expect(await standing()).toEqual({ messages: 1, published: 1 });
    cancelled.abort();
    expect(await given).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(async () => expect(await standing()).toEqual({ messages: 1, published: 2 }), 2000);
    await second.close();
    expect(await wanted).toMatchObject({ code: 'cancelled' });
    await first.close();
    await raw.close();
  }, 30_000);
});
