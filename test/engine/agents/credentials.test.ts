import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SearchAnswer } from '@shared/search';
import { furnish } from '../cli/laboratory';
import { Operator } from './credentials';
import { Laboratory, natsServer, skipsWithoutServer, timeless } from './laboratory';

const folder = mkdtempSync(join(tmpdir(), 'whittle-credentials-'));
const laboratory = new Laboratory(folder);
afterEach(() => {
  laboratory.end();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(natsServer === undefined)(`a server that asks for credentials${skipsWithoutServer}`, () => {
  it('lets in machines that have them, for a sweep and a search that find what one machine finds, and nobody else', async () => {
    await furnish(folder);
    const [operator, other] = [new Operator(), new Operator()];
    const server = await laboratory.server(operator.lines);
    const [home, credentials] = [join(folder, 'home'), operator.admit(join(folder, 'home.creds'))];
    const code = await laboratory.invite(home, server.url, '--creds', credentials);
    const agent = await laboratory.agent('guest', code, ['--creds', operator.admit(join(folder, 'guest.creds'))]);
    await agent.says(/^Connected to/);
    const strangers = [
      await laboratory.agent('bare', code),
      await laboratory.agent('stranger', code, ['--creds', other.admit(join(folder, 'other.creds'))]),
    ];
    for (const stranger of strangers) await stranger.says(/cannot be reached \(.*Authorization Violation.*\)/i);

    const run = async (words: string[]) => {
      const ended = await laboratory.whittle(home, words).ended;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended.stdout;
    };
    const done = /^[0-9a-f]{8} done in /;
    await run(['run', 'sweep.yaml', '--out', 'alone']);
    await run(['run', 'sweep.yaml', '--out', 'together', '--server', server.url]);
    expect(timeless(join(folder, 'together'))).toEqual(timeless(join(folder, 'alone')));
    const before = agent.count(done);
    expect(before).toBeGreaterThan(5);

    const search = ['search', 'small.onnx', '--data', 'images', '--max-drop', '50', '--json', '--goal', 'size'];
    const found = async (...words: string[]) => {
      const answer = await run([...search, '--target', 'none', '--trials', '3', ...words]);
      const { seconds: _seconds, runs: _runs, ...rest } = JSON.parse(answer) as SearchAnswer;
      return rest;
    };
    const own = await found('--out', 'found');
    rmSync(join(folder, 'found'), { recursive: true });
    expect(await found('--out', 'found', '--server', server.url)).toEqual(own);
    expect(agent.count(done) - before).toBeGreaterThan(3);
  }, 240_000);
});
