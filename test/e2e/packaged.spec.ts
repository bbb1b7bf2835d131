import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { chromium, expect, test } from '@playwright/test';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageFolder } from '../../scripts/package-dir.mjs';
import { engineInfo, startSweep, waitForRun } from './actions/bridge';

/** How a fuse stands in the executable: the digits 0 and 1. */
const [off, on] = ['0'.charCodeAt(0), '1'.charCodeAt(0)];
const isRoot = process.getuid?.() === 0;

test('the folder that an installer would hold runs a sweep and prints a PDF, with nothing of the checkout', async () => {
  test.skip(process.platform !== 'linux', 'the folder is laid out differently elsewhere');
  test.setTimeout(600_000);
  const work = await mkdtemp(join(tmpdir(), 'whittle-packaged-'));
  // Neither a Node nor an Electron of this machine: only what the folder brings.
  const { WHITTLE_ELECTRON: _electron, npm_node_execpath: _node, ...rest } = process.env;
  const environment = { ...rest, WHITTLE_HOME: join(work, 'home'), PATH: '/usr/bin:/bin' };
  try {
    const folder = await packageFolder(join(work, 'dist'));
    const program = join(folder, 'whittle');
    const fuses = await getCurrentFuseWire(program);
    const mustBeOff = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
    ];
    for (const fuse of mustBeOff) expect(fuses[fuse]).toBe(off);
    expect(fuses[FuseV1Options.OnlyLoadAppFromAsar]).toBe(on);

    const child = spawn(
      program,
      [
        ...(isRoot ? ['--no-sandbox'] : []),
        '--disable-gpu',
        `--user-data-dir=${join(work, 'chromium')}`,
        '--remote-debugging-port=0',
      ],
      { env: environment, cwd: work, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let run: string;
    try {
      const endpoint = await new Promise<string>((resolve, reject) => {
        let said = '';
        child.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString('utf8');
          const found = /DevTools listening on (ws:\S+)/.exec(said);
          if (found) resolve(found[1]!);
        });
        child.once('exit', (code) => reject(new Error(`it ended with code ${code}: ${said}`)));
      });
      const browser = await chromium.connectOverCDP(endpoint);
      const context = browser.contexts()[0]!;
      const window = context.pages()[0] ?? (await context.waitForEvent('page'));
      await expect(window.getByTestId('machine')).toBeVisible({ timeout: 60_000 });
      const info = await engineInfo(window);
      expect(info.starterSweep.dataset.path).toBe(join(folder, 'resources', 'starter', 'dataset'));
      const { models, recipes, dataset } = info.starterSweep;
      const { id } = await startSweep(window, {
        ...info.starterSweep,
        models: models.slice(0, 1),
        dataset: { ...dataset, eval: 100, calibration: 50 },
        recipes: { baseline: recipes.baseline!, int8: recipes.int8! },
      });
      run = id;
      const view = await waitForRun(window, id, 240_000);
      expect(view.status).toBe('done');
      expect(view.trials.map(({ metrics }) => metrics.latency.length)).toEqual([1, 1]);
      await browser.close();
    } finally {
      child.kill();
      await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(undefined)));
    }

    const command = promisify(execFile);
    const cli = join(folder, 'resources', 'bin', 'whittle');
    const options = { env: environment, cwd: work };
    const pdf = join(work, 'report.pdf');
    await command(cli, ['report', run, '--pdf', pdf], options);
    expect((await readFile(pdf)).subarray(0, 5).toString()).toBe('%PDF-');
    const { stdout } = await command(cli, ['doctor'], options);
    expect(stdout).toContain(program);
    expect(stdout).not.toMatch(/^missing/m);

    // A plain Node it is not, whatever the environment says.
    const script = join(work, 'ran.js');
    await writeFile(script, `require('fs').writeFileSync(${JSON.stringify(join(work, 'ran'))}, '')`);
    const node = spawn(program, [...(isRoot ? ['--no-sandbox'] : []), script], {
      env: { ...environment, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: `--require ${script}` },
      stdio: 'ignore',
    });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    node.kill();
    await expect(readFile(join(work, 'ran'))).rejects.toThrow('ENOENT');
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
