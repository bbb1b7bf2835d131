import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { machineFacts } from '../../main/engine/machine/machine';
import { builtFile } from '../../main/engine/files/built-file';
import { homeFolder } from '../../main/engine/files/home-folder';
import {
  joinCode,
  keepMembership,
  membershipFor,
  readJoinCode,
  readMembership,
  type Membership,
} from '../../main/engine/agents/membership';
import { ownFacts } from '../../main/engine/agents/own-facts';
import { LocalExecutor } from '../../main/engine/sweep/local-executor';
import { AppError } from '@shared/errors';
import { reachProblem, shownServer } from '@shared/server-address';
import { usageError, type Arguments, type Command } from '../arguments';
import { onceEndRequest } from '../end-requests';

const bytesPerGb = 1e9;
const usualCacheGb = 20;

export const agent: Command = {
  name: 'agent',
  usage: '[invite|join] [CODE]',
  summary: 'take steps of sweeps that other machines run, over a NATS server; invite machines, or join them',
  options: {
    server: { type: 'string', value: 'URL', help: 'where the machines meet: nats://computer:4222, or tls://' },
    labels: { type: 'string', value: 'A,B', help: 'names that targets may ask for: "on: pi4"' },
    slots: { type: 'string', value: 'N', help: 'steps at once (1)' },
    'cache-gb': {
      type: 'string',
      value: 'N',
      help: `what models, images, artifacts and old checkpoints may take (${usualCacheGb})`,
    },
    folder: { type: 'string', value: 'DIR', help: 'where they are kept' },
    name: { type: 'string', value: 'NAME', help: 'as it is shown to people; the usual is the name of the computer' },
    'tls-ca': { type: 'string', value: 'FILE', help: 'certificate of the authority that signed the server’s' },
    creds: { type: 'string', value: 'FILE', help: 'NATS credentials, where the server asks for them' },
  },
  async run(arguments_) {
    const [action, code, ...rest] = arguments_.positionals;
    if (rest.length > 0 || (action !== 'join' && code !== undefined)) throw usageError(agent, 'that is too much');
    if (action === 'invite' || action === 'join') refuseOthers(arguments_, action);
    if (action === 'invite') return invite(arguments_);
    if (action === 'join') return join_(arguments_, code);
    if (action !== undefined) throw usageError(agent, `"${action}" is neither invite nor join`);
    return work(arguments_);
  },
};

/** What each takes; the rest is for the agent when it works. */
const taken = { invite: ['server', 'tls-ca', 'creds'], join: ['tls-ca', 'creds'] };

function refuseOthers(arguments_: Arguments, action: keyof typeof taken): void {
  const other = Object.keys(agent.options).find(
    (name) => arguments_.text(name) !== undefined && !taken[action].includes(name),
  );
  if (other === 'server') throw usageError(agent, 'join takes no --server: CODE names it');
  if (other !== undefined) throw usageError(agent, `${action} takes no --${other}: give it to "whittle agent"`);
}

/** What was said now goes before what is known. Throws `agents.not-joined`, `agents.server`. */
function membershipOf(arguments_: Arguments): Membership {
  const known = readMembership(homeFolder());
  const server = arguments_.text('server') ?? known?.server;
  if (server === undefined) throw new AppError('agents.not-joined');
  const [tlsCa, credentials] = [arguments_.text('tls-ca'), arguments_.text('creds')];
  return {
    ...membershipFor(server, known),
    ...(tlsCa !== undefined && { tlsCa: resolve(tlsCa) }),
    ...(credentials !== undefined && { credentials: resolve(credentials) }),
  };
}

async function invite(arguments_: Arguments): Promise<number> {
  const membership = membershipOf(arguments_);
  await keepMembership(homeFolder(), membership);
  const line = joinCode(membership);
  if (arguments_.flag('json')) process.stdout.write(`${JSON.stringify({ code: line })}\n`);
  else {
    process.stdout.write(`${line}\n`);
    process.stderr.write(
      'On the other machine: whittle agent join CODE. Whoever has the code can give your machines work: pass it on like a password.\n',
    );
    const problem = reachProblem(membership.server);
    if (problem !== undefined) process.stderr.write(`${problem}\n`);
  }
  return 0;
}

/** A file that cannot be read is replaced like none. */
function keyBefore(): string | undefined {
  try {
    return readMembership(homeFolder())?.key;
  } catch {
    return undefined;
  }
}

async function join_(arguments_: Arguments, code: string | undefined): Promise<number> {
  if (code === undefined) throw usageError(agent, 'CODE is missing');
  const [tlsCa, credentials] = [arguments_.text('tls-ca'), arguments_.text('creds')];
  const joined = readJoinCode(code);
  const before = keyBefore();
  await keepMembership(homeFolder(), {
    ...joined,
    ...(tlsCa !== undefined && { tlsCa: resolve(tlsCa) }),
    ...(credentials !== undefined && { credentials: resolve(credentials) }),
  });
  process.stdout.write(`Joined ${shownServer(joined.server)}. Start "whittle agent" to take steps.\n`);
  if (before !== undefined && before !== joined.key)
    process.stderr.write(
      'The key that was here is replaced: machines that joined with it work with this one no more, until they join anew.\n',
    );
  return 0;
}

async function work(arguments_: Arguments): Promise<number> {
  const membership = membershipOf(arguments_);
  // The key that others know must not be made here.
  if (!readMembership(homeFolder())) throw new AppError('agents.not-joined');
  const folder = resolve(arguments_.text('folder') ?? join(homeFolder(), 'agent'));
  const labels = (arguments_.text('labels') ?? '').split(',').filter(Boolean);
  const wrong = labels.find((label) => !/^[\w.-]{1,40}$/.test(label)) ?? labels[16];
  if (wrong !== undefined) throw usageError(agent, `--labels takes up to 16 short words, not "${wrong}"`);
  const slots = arguments_.integer('slots', 1, 64) ?? 1;
  const cacheGb = arguments_.integer('cache-gb', 1, 100_000) ?? usualCacheGb;
  // Titles come from other machines.
  const say = (line: string): void => void process.stderr.write(`${line.replace(/[\p{Cc}\p{Cf}]/gu, ' ')}\n`);
  const { WorkingAgent } = await import('../../main/engine/agents/agent');
  const executor = new LocalExecutor(builtFile('worker.js'), folder, availableParallelism(), slots);
  const working = new WorkingAgent({
    membership,
    folder,
    name: arguments_.text('name') ?? hostname(),
    facts: await ownFacts(await machineFacts(), labels),
    slots,
    cacheLimitBytes: cacheGb * bytesPerGb,
    executor,
    say,
  });
  let isLeaving = false;
  const off = onceEndRequest(() => {
    isLeaving = true;
    say('Leaving: what is not done is given back.');
    void working.stop();
  });
  await working.start().catch((thrown: unknown) => {
    if (!isLeaving) throw thrown;
  });
  // Nothing else may be pending while it waits for steps.
  const awake = setInterval(() => undefined, 60_000);
  await working.left;
  clearInterval(awake);
  off();
  return 0;
}
