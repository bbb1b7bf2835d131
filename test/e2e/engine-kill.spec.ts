import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import type { RunView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import { engineInfo, startSweep, waitForRun } from './actions/bridge';
import { readJournal } from './actions/journal';
import { launchApp, type LaunchedApp } from './actions/launch';

const kills = 5;

/** Two of the starter networks: long enough to be killed five times. */
async function smallSweep(launched: LaunchedApp): Promise<SweepFile> {
  const { starterSweep } = await engineInfo(launched.window);
  const sweep = starterSweep;
  const names = ['baseline', 'fp16', 'int8', 'pruned 50 % + int8'];
  return {
    ...sweep,
    models: sweep.models.slice(1),
    recipes: Object.fromEntries(names.map((name) => [name, sweep.recipes[name]!])),
  };
}

/** The engine is the child of the application that runs engine.js. */
function enginePid(launched: LaunchedApp): number | undefined {
  const rows = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
  const row = rows.find((line) => line.includes('engine.js') && line.includes(` ${launched.app.process().pid} `));
  return row ? Number(row.trim().split(/\s+/)[0]) : undefined;
}

/** Everything but times: those may differ from run to run. */
function table(view: RunView): unknown {
  return view.trials.map(({ id, status, artifact, metrics }) => ({
    id,
    status,
    artifact: artifact?.sha256,
    metrics: { ...metrics, latency: metrics.latency.map(({ target, mode }) => ({ target, mode })) },
  }));
}

test('an engine killed five times finishes the same table and computes no finished step again', async () => {
  test.skip(process.platform === 'win32', 'SIGKILL and ps');
  test.setTimeout(600_000);
  const calm = await launchApp();
  const undisturbed = await waitForRun(
    calm.window,
    (await startSweep(calm.window, await smallSweep(calm))).id,
    240_000,
  );
  await calm.close();
  expect(undisturbed.status).toBe('done');

  const launched = await launchApp();
  try {
    const run = await startSweep(launched.window, await smallSweep(launched));
    const before = new Map<string, string>();
    for (let kill = 0; kill < kills; kill++) {
      await launched.window.waitForTimeout(1000 + Math.random() * 5000);
      const { steps, runStatus } = readJournal(launched.home);
      if (kill === 0) expect(runStatus).toEqual(['running']);
      for (const step of steps) before.set(step.key, before.get(step.key) ?? step.finishedAt);
      const pid = enginePid(launched);
      expect(pid, 'an engine process to kill').toBeDefined();
      process.kill(pid!, 'SIGKILL');
      await expect.poll(() => enginePid(launched), { message: 'a new engine' }).not.toBe(pid);
    }
    const view = await waitForRun(launched.window, run.id, 300_000);
    const after = readJournal(launched.home);

    expect(before.size, 'steps finished before the last kill').toBeGreaterThan(0);
    for (const [key, finishedAt] of before) {
      expect(after.steps.find((step) => step.key === key)?.finishedAt, 'a finished step keeps its time').toBe(
        finishedAt,
      );
    }
    expect(after.finishLines.length, 'no step finished twice').toBe(new Set(after.finishLines).size);
    expect(table(view)).toEqual(table(undisturbed));
  } finally {
    await launched.close();
  }
});
