import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furnish, writeSweep } from '../cli/laboratory';
import { Laboratory, natsServer, skipsWithoutServer, timeless, type NatsServer, type Running } from './laboratory';

const begins = /^[0-9a-f]{8} begins: /;
const done = /^[0-9a-f]{8} done in /;
const isForTrial = /^[0-9a-f]{8} begins: \w+ .+, for small · (baseline|int8|pruned|both)$/;
/** Of the sweep without targets: describe and evaluate four files, and three compressions, one of them shared. */
const stepCount = 11;

describe.skipIf(natsServer === undefined)(`agents${skipsWithoutServer}`, () => {
  let laboratory: Laboratory;
  let server: NatsServer;
  let first: Running;
  let second: Running;
  let code: string;
  let calm: unknown;
  const home = (): string => join(laboratory.folder, 'home');
  const sweep = (out: string, ...words: string[]): Running =>
    laboratory.whittle(home(), ['run', 'sweep.yaml', '--out', out, '--server', server.url, ...words]);

  beforeAll(async () => {
    laboratory = new Laboratory(mkdtempSync(join(tmpdir(), 'whittle-agents-')));
    await furnish(laboratory.folder);
    server = await laboratory.server();
    code = await laboratory.invite(home(), server.url);
    [first, second] = await Promise.all([laboratory.agent('first', code), laboratory.agent('second', code)]);
    await Promise.all([first.says(/^Connected to/), second.says(/^Connected to/)]);
    const alone = await laboratory.whittle(home(), ['run', 'sweep.yaml', '--out', 'alone']).ended;
    expect(alone.code).toBe(0);
    calm = timeless(join(laboratory.folder, 'alone'));
  });
  afterAll(() => {
    laboratory.end();
    rmSync(laboratory.folder, { recursive: true, force: true });
  });
  const finished = (): number => first.count(done) + second.count(done);

  it('do the steps of a sweep between them, with the same table, and what is done is not done again by anybody', async () => {
    const run = await sweep('together').ended;
    expect(run).toMatchObject({ code: 0 });
    expect(timeless(join(laboratory.folder, 'together'))).toEqual(calm);
    expect(finished()).toBe(stepCount);
    expect(Math.min(first.count(done), second.count(done))).toBeGreaterThan(0);
    expect(first.count(isForTrial) + second.count(isForTrial)).toBe(stepCount);

    // Another coordinator, with a workspace of its own.
    const other = await sweep('other').ended;
    expect(other).toMatchObject({ code: 0 });
    expect(timeless(join(laboratory.folder, 'other'))).toEqual(calm);
    expect(finished()).toBe(stepCount);
  });

  it('lose nothing when an agent, the server and the coordinator are killed, and do again only what was under way', async () => {
    writeSweep(laboratory.folder, {
      dataset: 'dataset: { path: images, eval: 12, calibration: 6, seed: 5 }',
      targets: 'targets: []\nseed: 7',
    });
    const alone = await laboratory.whittle(home(), ['run', 'sweep.yaml', '--out', 'seventh']).ended;
    expect(alone.code).toBe(0);
    const before = [first.count(begins), second.count(begins)];
    const coordinator = sweep('disturbed');
    // The first one that has something under way is killed in the middle of it.
    while (first.count(begins) === before[0]) await sleep(10);
    await first.kill();
    await second.says(done, second.count(done) + 1);
    await server.stop();
    await sleep(500);
    await server.start();
    await second.says(/^Connected again/);
    await second.says(done, second.count(done) + 1);
    await coordinator.kill();
    first = laboratory.restartAgent('first');
    const resumed = await sweep('disturbed', '--resume').ended;
    expect(resumed).toMatchObject({ code: 0 });
    expect(timeless(join(laboratory.folder, 'disturbed'))).toEqual(timeless(join(laboratory.folder, 'seventh')));
  });

  it('are waited for by a run that is taken up again while the machine that its target names is away', async () => {
    const labels = ['--labels', 'shelf'];
    const shelf = await laboratory.agent('shelf', code, labels);
    await shelf.says(/^Connected to/);
    writeSweep(laboratory.folder, {
      dataset: 'dataset: { path: images, eval: 12, calibration: 6, seed: 6 }',
      targets: 'targets: [{ runtime: ort-cpu, on: shelf }]\nlatency: brief\nseed: 8',
    });
    const coordinator = sweep('away');
    await shelf.says(/begins: measure/);
    await coordinator.kill();
    await shelf.kill('SIGTERM');
    await shelf.ended;
    const resumed = sweep('away', '--resume');
    await resumed.says(/shelf: .* nobody to do them/);
    const again = laboratory.restartAgent('shelf', labels);
    expect(await resumed.ended).toMatchObject({ code: 0 });
    expect(resumed.stderr).toContain('4 of 4 trials done');
    await again.kill('SIGTERM');
  });

  it('give back what is not done and end with 0 when they are told to', async () => {
    await first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(first.lines.at(-1)).toBe('Leaving: what is not done is given back.');
  });

  it('say what a server lacks, and end with 0 while they wait for it', async () => {
    const bare = await laboratory.server([], false);
    const agent = await laboratory.agent('third', await laboratory.invite(home(), bare.url));
    await agent.says(/has no JetStream: start it with "nats-server -js"\.$/);
    await agent.kill('SIGTERM');
    expect(await agent.ended).toMatchObject({ code: 0 });
    expect(agent.lines.at(-1)).toBe('Leaving: what is not done is given back.');
  });

  it('give a name and password that stand in the address, and do not say the password', async () => {
    const guarded = await laboratory.server(['authorization { user: ann, password: "se%cret" }']);
    const named = guarded.url.replace('://', '://ann:se%25cret@');
    const agent = await laboratory.agent('fourth', await laboratory.invite(home(), named), ['--labels', 'shelf']);
    await agent.says(/^Connected to/);
    expect(agent.lines).toContain(`Connected to ${guarded.url} as fourth, shelf. Waits for steps; Ctrl-C leaves.`);
    await agent.kill('SIGTERM');
  });
});
