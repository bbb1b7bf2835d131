import { describe, expect, it, vi } from 'vitest';
import type { MachinesStatus } from '@shared/agents';
import { announceMachines } from '../../../src/main/engine/announce-machines';
import { aloneMachines } from '../../../src/main/engine/machines';
import { MachinesDesk } from '../../../src/main/engine/machines-desk';

const server = 'nats://127.0.0.1:4222';

describe('the machines as the window has them', () => {
  it('keep the address of a server that cannot be used, and say why, also after the next start', async () => {
    const settings = new Map<string, unknown>();
    const desk = new MachinesDesk(aloneMachines(), settings);
    expect(await desk.status()).toEqual({ link: 'alone', agents: [] });
    await desk.connect(server);
    const refused = await desk.status();
    expect(refused).toMatchObject({ link: 'alone', server });
    expect(refused.problem).toContain('No server is in use');

    const next = new MachinesDesk(aloneMachines(), settings);
    expect(await next.status()).toMatchObject({ server, problem: undefined });
    await next.open();
    expect(await next.status()).toEqual(refused);

    await next.connect(undefined);
    expect(await next.status()).toEqual({ link: 'alone', agents: [] });
    const last = new MachinesDesk(aloneMachines(), settings);
    await last.open();
    expect(await last.status()).toEqual({ link: 'alone', agents: [] });
  });

  it('refuse what takes a server', async () => {
    const desk = new MachinesDesk(aloneMachines(), new Map());
    for (const asked of [desk.invite(), desk.drain('a', true), desk.remove('a')])
      await expect(asked).rejects.toMatchObject({ code: 'machines.none' });
  });

  it('are announced at once and after each change, until nobody listens', async () => {
    const desk = new MachinesDesk(aloneMachines(), new Map());
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
