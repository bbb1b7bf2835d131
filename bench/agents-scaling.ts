/**
 * How the distribution of steps grows: real server, real coordinator, and agents that sleep in place of working.
 * 1. Wall time of steps that sleep, with 1, 2 and 4 agents. 2. Many steps over many agents, each a connection of its own: time and processor
 * time a step of coordinator and server, memory of both. Goal: under 2 ms a step. 3. Two steps for each agent, cancelled when all are out.
 * Usage: agents-scaling [steps] [agents] [sleeping steps] [milliseconds that each sleeps]. Needs nats-server; Linux.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { AgentsExecutor } from '../src/main/engine/agents/agents-executor';
import { Board } from '../src/main/engine/agents/board';
import { ControlLine } from '../src/main/engine/agents/control';
import { Link } from '../src/main/engine/agents/link';
import { JoinedMachines } from '../src/main/engine/agents/machines';
import { keepMembership, keyOf, membershipFor, type Membership } from '../src/main/engine/agents/membership';
import { agentBucket, aliveEveryMs, jobSchema, stepStream } from '../src/main/engine/agents/protocol';
import { Pulls } from '../src/main/engine/agents/pulls';
import { classOf } from '../src/main/engine/agents/requirement';
import { HeardCalls } from '../src/main/engine/agents/roll-call';
import { Seal } from '../src/main/engine/agents/seal';
import { stepIdentity } from '../src/main/engine/agents/step-identity';
import { hashFile } from '../src/main/engine/files/hash-file';
import { machineFacts } from '../src/main/engine/machine/machine';
import type { Executor } from '../src/main/engine/sweep/executor';
import { Laboratory, natsServer, oneFile } from '../test/engine/agents/laboratory';

const requirement = { versions: {} };
const [first, ...rest] = process.argv.slice(2);

/** Agents by their protocol alone: they take steps, sleep, tell, acknowledge. */
async function simulate(membership: Membership, count: number, sleepMs: number): Promise<void> {
  const seal = new Seal(keyOf(membership));
  const classId = classOf(requirement, stepIdentity);
  const machine = await machineFacts();
  for (let at = 0; at < count; at++) {
    const id = `simulated${at}`;
    const link = new Link({ server: membership.server, name: id, changed: () => undefined });
    await link.open();
    const board = new Board(link, seal);
    const calls = new HeardCalls(link, seal, () => announce());
    const control = new ControlLine(link, seal);
    let finished = 0;
    const pulls = new Pulls(
      link,
      () => true,
      (delivery) => {
        pulls.setRoom(0);
        void (async () => {
          const job = seal.open(delivery.subject, delivery.data, jobSchema);
          const cancelled = new AbortController();
          const stopListening = control.hearOfStep(job.key, () => cancelled.abort());
          const [known, isWanted] = await Promise.all([board.outcome(job.key), board.stands(delivery)]);
          if (isWanted && known?.is !== 'done') {
            const { signal } = cancelled;
            if (sleepMs > 0) await sleep(sleepMs, undefined, { signal }).catch(() => undefined);
          }
          stopListening();
          if (isWanted && known?.is !== 'done' && !cancelled.signal.aborted) {
            const by = { agent: id, name: id, machine: machine.id };
            await board.tell({ is: 'done', key: job.key, result: { inline: {} }, notes: [], elapsedMs: sleepMs, by });
          }
          await delivery.acknowledge();
          finished++;
          pulls.setRoom(1);
        })();
        return true;
      },
      (missing) => void board.openLine(missing, new AbortController().signal).then(() => pulls.retry(missing)),
    );
    const startedAt = new Date().toISOString();
    const announce = (): void => {
      const agent = {
        answers: calls.answers,
        id,
        name: id,
        labels: [],
        version: '0',
        machine,
        runtimes: {},
        slots: 1,
        state: 'idle',
        steps: [],
        cache: { bytes: 0, limitBytes: 1 },
        finishedSteps: finished,
        failedSteps: 0,
        receivedBytes: 0,
        sentBytes: 0,
        startedAt,
        lastSeen: new Date().toISOString(),
      };
      link.raw?.publish(`$KV.${agentBucket}.${id}`, seal.close(`whittle.agent.${id}`, { agent, steps: stepIdentity }));
    };
    await board.openLine(classId, new AbortController().signal);
    pulls.add(classId);
    pulls.setRoom(1);
    setTimeout(() => setInterval(announce, aliveEveryMs), aliveEveryMs * Math.random());
    announce();
  }
  process.once('disconnect', () => process.exit());
  process.send!('ready');
}

async function measure(): Promise<void> {
  if (natsServer === undefined) throw new Error('There is no nats-server on this machine.');
  const [steps, agents, sleeping, sleepMs] = [first ?? '100000', ...rest]
    .concat(['1000', '200', '100'].slice(rest.length))
    .map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'agents-scaling-'));
  const laboratory = new Laboratory(folder);
  try {
    for (const count of [1, 2, 4]) {
      const { wallMs } = await distribute(laboratory, folder, count, sleeping!, sleepMs!);
      const ideal = (sleeping! * sleepMs!) / count;
      console.log(
        `${count} agents, ${sleeping} steps of ${sleepMs} ms: ${(wallMs / 1000).toFixed(1)} s (ideal ${(ideal / 1000).toFixed(1)})`,
      );
    }
    const many = await distribute(laboratory, folder, agents!, steps!, 0);
    const each = (ms: number): string => `${(ms / steps!).toFixed(2)} ms`;
    console.log(`${agents} agents, ${steps} steps: ${(many.wallMs / 1000).toFixed(0)} s, ${each(many.wallMs)} a step`);
    console.log(`  processor time a step: coordinator ${each(many.ownMs)}, server ${each(many.serverMs)}`);
    console.log(
      `  memory: coordinator ${mb(many.ownBytes)} (${mb(many.ownBytesBefore)} before), server ${mb(many.serverBytes)} (${mb(many.serverBytesBefore)} before)`,
    );
    const out = 2 * agents!;
    const back = await distribute(laboratory, folder, agents!, out, 3600_000, true);
    console.log(
      `${out} steps out to ${agents} agents, cancelled: ${(back.wallMs / 1000).toFixed(1)} s; processor time a step: coordinator ${(back.ownMs / out).toFixed(2)} ms, server ${(back.serverMs / out).toFixed(2)} ms`,
    );
  } finally {
    laboratory.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param isCancelled when all of them stand in line: the time is that of taking them back */
async function distribute(
  laboratory: Laboratory,
  folder: string,
  agents: number,
  steps: number,
  sleepMs: number,
  isCancelled = false,
) {
  const server = await laboratory.server();
  const membership = membershipFor(server.url);
  const home = join(folder, `home-${server.port}`);
  await keepMembership(home, membership);
  const { model, contents } = oneFile(folder);
  const machines = new JoinedMachines(home, await machineFacts(), contents);
  await machines.connect(server.url);
  const executor = new AgentsExecutor(nobody, machines, contents);
  const simulated = fork(process.argv[1]!, ['simulate', JSON.stringify(membership), String(agents), String(sleepMs)], {
    execArgv: ['--max-old-space-size=4096'],
  });
  await once(simulated, 'message');
  while (machines.agents().length < agents) await sleep(100);
  const sha256 = await hashFile(model);
  const before = { ownBytes: process.memoryUsage.rss(), server: statusOf(server.pid), own: process.cpuUsage() };
  let [ownBytes, serverBytes] = [0, 0];
  const watch = setInterval(() => {
    ownBytes = Math.max(ownBytes, process.memoryUsage.rss());
    serverBytes = Math.max(serverBytes, statusOf(server.pid).bytes);
  }, 500);
  let startedAt = Date.now();
  let settled = 0;
  const order = { kind: 'describe', model: { content: 'file', sha256, format: 'onnx' }, format: 'onnx' } as const;
  const events = { progress: () => undefined, note: () => undefined, log: () => undefined };
  const cancels = new AbortController();
  setMaxListeners(0, cancels.signal);
  const given = Promise.allSettled(
    Array.from({ length: steps }, (_, at) =>
      executor.run(order, events, isCancelled ? cancels.signal : new AbortController().signal, {
        order: at,
        key: createHash('sha1').update(`${server.port} ${at}`).digest('hex'),
        requires: requirement,
        title: 'sleeps',
        settle: async () => {
          if (++settled % 10_000 === 0) console.error(`${settled} steps`);
        },
      }),
    ),
  );
  if (isCancelled) {
    const connection = await connect({ servers: server.url });
    const manager = await jetstreamManager(connection);
    const standing = async (): Promise<number> => (await manager.streams.info(stepStream)).state.messages;
    while ((await standing()) < steps) await sleep(100);
    await sleep(5000);
    Object.assign(before, { server: statusOf(server.pid), own: process.cpuUsage() });
    startedAt = Date.now();
    cancels.abort();
    while ((await standing()) > 0) await sleep(100);
    await connection.close();
  }
  await given;
  const wallMs = Date.now() - startedAt;
  clearInterval(watch);
  const [own, after] = [process.cpuUsage(before.own), statusOf(server.pid)];
  simulated.kill('SIGKILL');
  await machines.connect(undefined);
  await server.stop();
  return {
    wallMs,
    ownMs: (own.user + own.system) / 1000,
    serverMs: after.cpuMs - before.server.cpuMs,
    ownBytes,
    ownBytesBefore: before.ownBytes,
    serverBytes,
    serverBytesBefore: before.server.bytes,
  };
}

/** All of it is for agents. */
const nobody: Executor = {
  slots: 1,
  threads: 1,
  run: () => Promise.reject(new Error('no step is for this machine')),
  beside: () => Promise.reject(new Error('nothing is done beside')),
};

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Processor time and resident memory of another process, as Linux tells them. */
function statusOf(pid: number): { cpuMs: number; bytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticksPerSecond = 100;
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
    bytes: Number(fields[21]) * 4096,
  };
}

if (first === 'simulate') await simulate(JSON.parse(rest[0]!) as Membership, Number(rest[1]), Number(rest[2]));
else await measure();
