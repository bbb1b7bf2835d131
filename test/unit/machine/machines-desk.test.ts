import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MachinesStatus } from '@shared/agents';
import { announceMachines } from '../../../src/main/engine/announce-machines';
import { JoinedMachines } from '../../../src/main/engine/agents/machines';
import { machineFacts } from '../../../src/main/engine/machine/machine';
import { MachinesDesk } from '../../../src/main/engine/machines-desk';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';

/** No address of a NATS server. */
const server = 'http://127.0.0.1:4222';

/** This machine, which nobody has joined. */
async function alone(): Promise<JoinedMachines> {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-desk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new JoinedMachines(folder, await machineFacts(), new LocalContents(folder));
}

describe('the machines as the window has them', () => {
  it('keep the address of a server that cannot be used, and say why, also after the next start', async () => {
    const settings = new Map<string, unknown>();
    const desk = new MachinesDesk(await alone(), settings);
    expect(await desk.status()).toEqual({ link: 'alone', agents: [] });
    await desk.connect(server);
    const refused = await desk.status();
    expect(refused).toMatchObject({ link: 'alone', server });
    expect(refused.problem).toContain('cannot be used');

    const next = new MachinesDesk(await alone(), settings);
    expect(await next.status()).toMatchObject({ server, problem: undefined });
    await next.open();
    expect(await next.status()).toEqual(refused);

    await next.connect(undefined);
    expect(await next.status()).toEqual({ link: 'alone', agents: [] });
    const last = new MachinesDesk(await alone(), settings);
    await last.open();
    expect(await last.status()).toEqual({ link: 'alone', agents: [] });
  });

  it('refuse what takes a server', async () => {
    const desk = new MachinesDesk(await alone(), new Map());
    await expect(desk.invite()).rejects.toMatchObject({ code: 'agents.not-joined' });
    await expect(desk.drain('a', true)).rejects.toMatchObject({ code: 'machines.none' });
    await expect(desk.remove('a')).rejects.toMatchObject({ code: 'machines.none' });
  });

  it('are announced at once and after each change, until nobody listens', async () => {
    const desk = new MachinesDesk(await alone(), new Map());
    const told: MachinesStatus[] = [];
    const stop = await announceMachines(desk, (status) => told.push(status));
    expect(told).toEqual([{ link: 'alone', agents: [] }]);
    await desk.connect(server);
    await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ server }));
    stop();
    const count = told.length;
    await desk.connect(undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(told).toHaveLength(count);
  });
});
