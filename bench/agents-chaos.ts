/**
 * A sweep on four agents whose processes, server, network and coordinator fail at random, beside the same sweep on one machine. Two of the agents
 * have labels that targets name, one of these says that it has other instruction sets. Goals: the same table in every number but times, where one
 * machine can have it; nothing computed twice but what was under way when something was killed; and where the sweep runs again with other images,
 * under 1 % of its artifacts' bytes moved to a machine that had them.
 * Usage: agents-chaos FOLDER [trials] [kills of each agent] [restarts of the server] [kills of the coordinator] [seed]
 * FOLDER is made, and holds what is left to look at. Needs nats-server, Linux.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { folderBytes } from '../src/main/engine/files/folder-bytes';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import { Laboratory, natsServer, timeless, type Running } from '../test/engine/agents/laboratory';
import { smallClassifier, writeImages, writeModel } from '../test/engine/cli/laboratory';

const [given, trials = '40', agentKills = '2', serverRestarts = '2', coordinatorKills = '3', seed = '1'] =
  process.argv.slice(2);
if (given === undefined || natsServer === undefined) {
  console.error(given === undefined ? 'Usage: agents-chaos FOLDER ...' : 'There is no nats-server on this machine.');
  process.exit(2);
}
const folder = resolve(given);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const random = createRandom(Number(seed));
const recipes = [
  '[]',
  '[quantize.static]',
  '[prune.magnitude]',
  '[prune.magnitude, quantize.static]',
  '[fp16]',
  '[quantize.weights]',
  '[quantize.dynamic]',
  '[cluster.weights]',
  '[prune.magnitude, fp16]',
  '[prune.magnitude, quantize.weights]',
];
const networks = Math.ceil(Number(trials) / recipes.length);
for (let at = 0; at < networks; at++) writeModel(folder, `net${at}`, smallClassifier(10 * at + 1, 8 + 2 * at));
await writeImages(join(folder, 'images'), 60);
/** @param evaluated images @param labels of machines that it names beside the one that runs it */
function writeSweep(name: string, evaluated: number, labels: readonly string[]): void {
  const targets = ['', ...labels.map((label) => `, on: ${label}`)].map((on) => `{ runtime: ort-cpu${on} }`);
  writeFileSync(
    join(folder, name),
    `models: [${Array.from({ length: networks }, (_, at) => `net${at}.onnx`).join(', ')}]
dataset: { path: images, eval: ${evaluated}, calibration: 16 }
targets: [${targets.join(', ')}]
latency: brief
recipes: { ${recipes.map((recipe, at) => `r${at}: ${recipe}`).join(', ')} }
`,
  );
}
const labelled = { c: 'desk', d: 'board' };
writeSweep('calm.yaml', 40, []);
writeSweep('sweep.yaml', 40, Object.values(labelled));
writeSweep('again.yaml', 41, Object.values(labelled));

const laboratory = new Laboratory(folder);
const home = join(folder, 'home');
const names = ['a', 'b', 'c', 'd'];
const agents = new Map<string, Running>();
const said: Running[] = [];
const begun = /^([0-9a-f]{8}) begins: /;
const done = /^([0-9a-f]{8}) done in .* fetched ([\d,]+) bytes, (\d+) from the cache/;
const lines = (): string[] => said.flatMap((one) => one.lines);
const count = (pattern: RegExp): number => lines().filter((line) => pattern.test(line)).length;
const fetchedOf = (some: readonly string[]): number =>
  some.reduce((sum, line) => sum + Number(done.exec(line)?.[2]?.replaceAll(',', '') ?? 0), 0);
/** What agents keep, bytes. */
async function keptBytes(): Promise<number> {
  const kept = names.flatMap((name) =>
    ['artifacts', 'models', 'images', 'lists'].map((kind) =>
      folderBytes(join(folder, name, 'agent', kind)).catch(() => 0),
    ),
  );
  return (await Promise.all(kept)).reduce((sum, bytes) => sum + bytes, 0);
}

interface Row {
  metrics: { deployments?: Deployment[] };
  latency: { target: string }[];
}
type Deployment = Record<string, unknown> & { name: string };
const isHere = (name: string): boolean => !name.includes(' on ');
/** What one machine can have of the table. */
const ofOneMachine = (rows: readonly Row[]): Row[] =>
  rows.map((row) => ({
    ...row,
    metrics: { ...row.metrics, deployments: row.metrics.deployments?.filter(({ name }) => isHere(name)) },
    latency: row.latency.filter(({ target }) => isHere(target)),
  }));
/** Machines answered alike: they are one in truth, whatever they say. */
function isAlikeEverywhere({ metrics: { deployments = [] }, latency }: Row): boolean {
  const answers = deployments.map(({ name: _name, besideOnnxRuntime: _beside, ...rest }) => rest);
  const machines = 1 + Object.keys(labelled).length;
  return (
    answers.length === machines &&
    latency.length === machines &&
    answers.every((one) => isDeepStrictEqual(one, answers[0]))
  );
}

try {
  const calmAt = Date.now();
  const calm = await laboratory.whittle(home, ['run', 'calm.yaml', '--out', 'calm']).ended;
  if (calm.code !== 0) throw new Error(calm.stderr);
  const calmMs = Date.now() - calmAt;
  const expected = ofOneMachine(timeless(join(folder, 'calm')) as Row[]);
  console.log(`one machine: ${expected.length} trials in ${(calmMs / 1000).toFixed(0)} s`);

  const server = await laboratory.server();
  const cable = await laboratory.cable(server.port);
  const code = await laboratory.invite(home, server.url);
  const foreign = laboratory.foreignProcessor('fpu sse4_2');
  const wordsOf = (name: string): [words: string[], node?: string[]] => {
    if (name === 'c') return [['--labels', labelled.c]];
    return name === 'd' ? [['--labels', labelled.d, '--server', `nats://127.0.0.1:${cable.port}`], foreign] : [[]];
  };
  for (const name of names) {
    const agent = await laboratory.agent(name, code, ...wordsOf(name));
    agents.set(name, agent);
    said.push(agent);
  }
  await Promise.all(said.map((agent) => agent.says(/^Connected to/)));
  const startedAt = Date.now();
  const say = (line: string): void =>
    console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const words = ['run', 'sweep.yaml', '--out', 'chaos', '--server', server.url];
  let coordinator = laboratory.whittle(home, words);
  let underWay = 0;
  const blows: [string, () => Promise<void>][] = [];
  for (const name of names)
    for (let at = 0; at < Number(agentKills); at++)
      blows.push([
        `agent ${name} is killed`,
        async () => {
          const agent = agents.get(name)!;
          underWay += agent.count(begun) - agent.count(done) > 0 ? 1 : 0;
          await agent.kill();
          await sleep(500 + 2000 * random());
          const again = laboratory.restartAgent(name, ...wordsOf(name));
          agents.set(name, again);
          said.push(again);
        },
      ]);
  for (let at = 0; at < Number(serverRestarts); at++)
    blows.push([
      'the server is killed, and started again',
      async () => {
        await server.stop();
        await sleep(1000 + 3000 * random());
        await server.start();
      },
    ]);
  for (let at = 0; at < Number(coordinatorKills); at++)
    blows.push([
      'the coordinator is killed, and started again',
      async () => {
        await coordinator.kill();
        await sleep(2000 * random());
        coordinator = laboratory.whittle(home, [...words, '--resume']);
      },
    ]);
  blows.push([
    'the network of agent d is cut for 20 s',
    async () => {
      cable.cut();
      setTimeout(() => cable.mend(), 20_000);
    },
  ]);
  const order = blows.map((blow) => ({ blow, place: random() })).toSorted((a, b) => a.place - b.place);
  const expectedSteps = expected.length * 5;
  for (const [at, { blow }] of order.entries()) {
    const due = (0.8 * expectedSteps * (at + 1)) / (order.length + 1);
    while (count(done) < due && coordinator.isRunning) await sleep(50);
    await sleep(1000 * random());
    if (!coordinator.isRunning) {
      const ended = await coordinator.ended;
      say(`the coordinator ended by itself with ${ended.code}: ${ended.stderr.split('\n').at(-2)}`);
      break;
    }
    say(`${blow[0]} (${count(done)} steps done)`);
    await blow[1]();
  }
  const ended = await coordinator.ended;
  const wallMs = Date.now() - startedAt;
  if (ended.code !== 0) console.log(ended.stderr);
  const rows = timeless(join(folder, 'chaos')) as Row[];
  const found = ofOneMachine(rows);
  const isSame = ended.code === 0 && isDeepStrictEqual(found, expected);
  const isAlike = rows.every(isAlikeEverywhere);
  const finished = lines().flatMap((line) => done.exec(line)?.[1] ?? []);
  const started = lines().flatMap((line) => begun.exec(line)?.[1] ?? []);
  const hits = lines().reduce((sum, line) => sum + Number(done.exec(line)?.[3] ?? 0), 0);
  const twice = (keys: string[]): number => keys.length - new Set(keys).size;
  console.log(
    `four agents: ${(wallMs / 1000).toFixed(0)} s, ${order.length} blows, coordinator's exit code ${ended.code}`,
  );
  console.log(`identical but for times, where one machine has it: ${isSame ? 'yes' : 'no'}`);
  console.log(
    `the same answers on ${Object.values(labelled).join(' and ')}, and times there: ${isAlike ? 'yes' : 'no'}`,
  );
  console.log(
    `steps: ${new Set(started).size} on agents; begun twice: ${twice(started)}, under way at kills of agents: ${underWay}; finished twice: ${twice(finished)}`,
  );
  console.log(`fetched: ${(fetchedOf(lines()) / expected.length / 1000).toFixed(1)} kB a trial; cache hits: ${hits}`);

  cable.mend();
  for (const agent of agents.values()) await agent.says(/^Connected/);
  const before = { kept: await keptBytes(), counts: said.map((one) => one.lines.length) };
  const again = await laboratory.whittle(home, ['run', 'again.yaml', '--out', 'chaos', '--server', server.url]).ended;
  if (again.code !== 0) throw new Error(again.stderr);
  const later = said.flatMap((one, at) => one.lines.slice(before.counts[at]));
  const moved = fetchedOf(later);
  const twiceBytes = moved - ((await keptBytes()) - before.kept);
  const artifactBytes = await folderBytes(join(folder, 'chaos', 'artifacts'));
  const share = (100 * twiceBytes) / artifactBytes;
  console.log(
    `again with other images: ${later.filter((line) => begun.test(line)).length} steps on agents, which fetched ${(moved / 1000).toFixed(1)} kB; ${twiceBytes} bytes of it to a machine that had them: ${share.toFixed(2)} % of ${(artifactBytes / 1000).toFixed(0)} kB of artifacts`,
  );
  for (const agent of agents.values()) await agent.kill('SIGTERM');
  if (!isSame)
    for (const [at, row] of expected.entries())
      if (!isDeepStrictEqual(row, found[at]))
        console.log(JSON.stringify(found[at]), '\ninstead of', JSON.stringify(row));
  process.exitCode = isSame && isAlike && share < 1 ? 0 : 1;
} finally {
  laboratory.end();
}
