import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Coordinator } from '../../../src/main/engine/agents/coordinator';
import { membershipFor } from '../../../src/main/engine/agents/membership';
import { stepStream } from '../../../src/main/engine/agents/protocol';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { Laboratory, natsServer, skipsWithoutServer } from './laboratory';

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
    const opened = ['first', 'second'].map(
      (name) =>
        new Coordinator({
          membership,
          name,
          contents: new LocalContents(join(folder, name)),
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
      // It names no content: nothing is to be uploaded.
      order: { kind: 'describe', format: 'onnx' } as never,
      requirement: { on: 'board', versions: {} },
      title: 'net',
      began: () => undefined,
      progress: () => undefined,
    };
    const raw = await connect({ servers: server.url });
    const manager = await jetstreamManager(raw);
    const standing = async (): Promise<number> => (await manager.streams.info(stepStream)).state.messages;
    const cancelled = new AbortController();
    const given = first.give(step, cancelled.signal).catch((thrown: unknown) => thrown);
    await sleep(1000);
    const wanted = second.give(step, never).catch((thrown: unknown) => thrown);
    await sleep(1000);
    expect(await standing()).toBe(1);
    cancelled.abort();
    expect(await given).toMatchObject({ code: 'cancelled' });
    await sleep(300);
    expect(await standing()).toBe(0);
    await sleep(2500);
    expect(await standing()).toBe(1);
    await second.close();
    expect(await wanted).toMatchObject({ code: 'cancelled' });
    await first.close();
    await raw.close();
  }, 30_000);
});
