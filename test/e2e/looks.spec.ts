import { expect, test, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import type { SweepFile } from '@shared/sweep-file';
import { engineInfo, getRun, startSweep, waitForRun } from './actions/bridge';
import { launchApp, type LaunchedApp } from './actions/launch';
import { look } from './actions/look';

/** A worker of this application's engine. */
function workerPid({ app }: LaunchedApp): number | undefined {
  const rows = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null);
  const engine = rows.find(
    ([, , parent, words]) => Number(parent) === app.process().pid && words!.includes('engine.js'),
  );
  const worker = rows.find(([, , parent, words]) => parent === engine?.[1] && words!.includes('worker.js'));
  return worker && Number(worker[1]);
}

function watchConsole(window: Page): string[] {
  const lines: string[] = [];
  window.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') lines.push(message.text());
  });
  window.on('pageerror', (error) => lines.push(error.message));
  return lines;
}

test('every view, light and dark, wide and narrow: empty, filled in, busy, finished, failed', async () => {
  test.setTimeout(400_000);
  const launched = await launchApp();
  const { window, app } = launched;
  const complaints = watchConsole(window);
  try {
    await expect(window.getByTestId('sweep-view')).toBeVisible();
    await look(launched, 'sweep-empty');
    await window.getByTestId('nav-matrix').click();
    await expect(window.getByTestId('nav-matrix')).toHaveAttribute('aria-current', 'page');
    await look(launched, 'matrix-empty', [1440]);

    await window.getByTestId('nav-sweep').click();
    await window.getByTestId('template-starter').or(window.getByTestId('template-starter-empty')).first().click();
    await expect(window.getByTestId('plan-trials')).toContainText('21');
    await look(launched, 'sweep-filled');

    const starter = (await engineInfo(window)).starterSweep;
    const sweep: SweepFile = {
      ...starter,
      dataset: { ...starter.dataset, eval: 100, calibration: 50 },
      recipes: {
        ...Object.fromEntries(Object.entries(starter.recipes).filter(([name]) => !/dynamic|\+/.test(name))),
        binary: [{ technique: 'binarize.weights', params: {} }],
      },
    };
    const run = await startSweep(window, sweep);
    await app.evaluate(({ BrowserWindow }, id) => {
      void BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(`location.hash = '#/matrix/${id}'`);
    }, run.id);
    await expect(window.getByTestId('matrix')).toBeVisible();
    await expect(window.getByTestId('cell-mobilenetv2-starter-fp16-top1')).toContainText(/\d/, { timeout: 90_000 });
    await look(launched, 'matrix-busy', [1440]);

    // A worker that dies twice costs its trial and no other; retrying it mends the run.
    const failsAfterKill = async (): Promise<boolean> => {
      const victim = workerPid(launched);
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
      return (await getRun(window, run.id)).trials.some(({ status }) => status === 'failed');
    };
    await expect.poll(failsAfterKill, { timeout: 60_000, intervals: [100] }).toBe(true);
    const failed = await waitForRun(window, run.id, 240_000);
    expect(failed.status).toBe('failed');
    expect(failed.trials.filter((trial) => trial.status === 'failed').length).toBeGreaterThanOrEqual(1);
    expect(failed.trialsDone).toBeGreaterThanOrEqual(6);
    await expect(window.getByTestId('matrix')).toContainText('failed');
    await look(launched, 'matrix-failed');

    await window.getByTestId('resume-run').first().click();
    await expect.poll(async () => (await getRun(window, run.id)).status, { timeout: 120_000 }).toBe('done');
    await look(launched, 'matrix-done');
    await window.getByTestId('cell-resnet-starter-int8-top1').click();
    await window.keyboard.press('Enter');
    await expect(window.getByTestId('trial-panel')).toBeVisible();
    await look(launched, 'trial-panel');
    await window.getByTestId('cell-mobilenetv2-starter-binary-top1').click();
    await expect(window.getByTestId('trial-collapsed')).toContainText(/Collapsed: .*\.[A-Z]/);
    await look(launched, 'trial-collapsed');
    await window.getByLabel('Compared with').selectOption('int8');
    await expect(window.getByTestId('cell-resnet-starter-int8-top1')).toContainText('reference');
    await look(launched, 'matrix-compared');

    await window.getByTestId('nav-compare').click();
    await expect(window.getByTestId('compare-view')).toContainText('One run so far');
    await window.getByTestId('compare-recipe').selectOption('baseline');
    await window.getByTestId('compare-other-recipe').selectOption('int8');
    await expect(window.getByTestId('compared-trials').getByRole('row')).toHaveCount(4);
    await expect(window.getByTestId('compared-trials')).toContainText('baseline → int8');
    await look(launched, 'compare');
    expect(complaints, 'nothing complains in the console').toEqual([]);
  } finally {
    await launched.close();
  }
});
