import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { AgentsExecutor } from '../../../src/main/engine/agents/agents-executor';
import { JoinedMachines } from '../../../src/main/engine/agents/machines';
import { machineFacts } from '../../../src/main/engine/machine/machine';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { ScriptedExecutor } from '../sweep/scripted-executor';

const folder = mkdtempSync(join(tmpdir(), 'whittle-executor-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('does a step of another machine nowhere else, and refuses it only when no server is named any more', async () => {
  const contents = new LocalContents(folder);
  const machines = new JoinedMachines(folder, await machineFacts(), contents);
  const local = new ScriptedExecutor();
  const executor = new AgentsExecutor(local, machines, contents);
  const order = { kind: 'describe', model: { content: 'file', sha256: '0'.repeat(64), format: 'onnx' } } as const;
  const run = (signal = AbortSignal.any([])): Promise<unknown> =>
    executor.run({ ...order, format: 'onnx' }, { progress: () => 0, note: () => 0, log: () => 0 }, signal, {
      order: 0,
      key: '0'.repeat(40),
      requires: { on: 'board', versions: {} },
      settle: async () => undefined,
    });
  await expect(run()).rejects.toMatchObject({ code: 'agents.none' });

  // Nobody listens there.
  const first = machines.connect('nats://127.0.0.1:1');
  const second = machines.connect('nats://127.0.0.1:1');
  let refused: unknown;
  const waiting = run().catch((thrown: unknown) => (refused = thrown));
  const abort = new AbortController();
  const unwanted = run(abort.signal);
  abort.abort();
  await expect(unwanted).rejects.toMatchObject({ code: 'cancelled' });
  await first;
  const { coordinator } = machines;
  await second;
  expect(machines.coordinator).not.toBe(coordinator);
  expect(refused).toBeUndefined();
  await machines.connect(undefined);
  await waiting;
  expect(refused).toMatchObject({ code: 'agents.none' });
  expect(local.begun).toEqual([]);
}, 40_000);
